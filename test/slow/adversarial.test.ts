// Every case of the adversarial tests, of which the unit tests try some.
process.env.SWARMBENCH_EVERY_CASE = "yes";
await import("../../results/adversarial.test.ts");
await import("../../testbeds/oar/adversarial.test.ts");
