// Machines that a testbed's manifest names, on a network of their own; nothing of us is left on them, Docker included.
import { describeTestbed, rspecSource } from "../support/testbedClaims";

describeTestbed("rspec", () => rspecSource("full"));
