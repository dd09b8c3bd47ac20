import { describeTestbed, localSource } from "../support/testbedClaims";

describeTestbed("local", localSource);
