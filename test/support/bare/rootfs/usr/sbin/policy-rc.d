#!/bin/sh
# Asked where there is no init system that would know: services start as they are installed, as on a machine.
exit 104
