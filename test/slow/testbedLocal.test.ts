import { describeTestbed, localSource } from "../support/testbedClaims.ts";

describeTestbed("local", localSource);
