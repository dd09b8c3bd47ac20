// An agent as a process of this machine, for `figures audit`. Prints its port, and ends with its standard input.
import type { AddressInfo } from "node:net";
import { Agent } from "../../../bench/agent/agent.ts";
import { isRole } from "../../../bench/agent/command.ts";
import { serve } from "../../../bench/agent/server.ts";
import { adapterOf } from "../../../bench/clients/index.ts";
import { Exchange } from "../../../bench/exchange/exchange.ts";
import { openWallClock } from "../../../bench/wallClock.ts";
import { AGENT_SERVICES } from "../../../contract/request.ts";

const [role, token = ""] = process.argv.slice(2);
if (!isRole(role)) throw new Error(`unknown role ${role}`);
const clock = openWallClock();
const exchange = await Exchange.open(clock, 0, token);
const identity = { role, task: `${AGENT_SERVICES[role]}.1`, node: "localhost", faults: [] };
const agent = new Agent(identity, clock, adapterOf, exchange);
const server = await serve(agent, 0, token);
process.stdin.resume().on("end", () => void agent.close().then(() => process.exit(0)));
console.log((server.address() as AddressInfo).port);
