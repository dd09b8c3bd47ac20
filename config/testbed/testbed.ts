export * from "./index.ts";
export type { OarTestbedSettings } from "./oar.ts";
export type { RspecSettings } from "./rspec.ts";
export type { SshSettings } from "./ssh.ts";
