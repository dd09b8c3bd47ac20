// The network between the nodes of a real swarm: measured before and during the load, on both networks.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import { PROBE_PORTS } from "../../contract/network.ts";
import type { Run } from "../../contract/result.ts";
import { readResults } from "../../results/store.ts";
import { measured } from "../support/measured.ts";
import { TestProject } from "../support/project.ts";
import { openUis } from "../support/uis.ts";

const CONFIG = {
  namespace: "net",
  "kafka.enabled": "true",
  "influxdb.enabled": "true",
  "workload.producers": "20",
  "benchmark.run": "true",
  "benchmark.slo.p99Ms": "5000",
  "benchmark.preheat": "0 seconds",
  "benchmark.warmUp.min": "1 second",
  "benchmark.warmUp.max": "9 seconds",
  "benchmark.warmUp.brokers": "1 second",
  "benchmark.duration": "5 seconds",
  "benchmark.drain": "15 seconds",
  "benchmark.network.enabled": "true",
  "benchmark.network.packets": "50",
};
const NODES = ["node1", "node2", "node3"];

describe("the network", () => {
  let project: TestProject;
  let upText = "";
  before(async () => {
    project = await TestProject.create("network", CONFIG);
    upText = await project.mustUp();
  });
  after(() => project?.dispose());

  const results = () => path.join(project.directory, "runs");
  const latest = () => {
    const names = readdirSync(results()).filter((name) => /^\d{8}T/.test(name));
    return path.join(results(), names.sort().at(-1) ?? "");
  };
  const run = (): Run => readResults(latest());
  const named = (pairs: { from: string; to: string; network: string }[]) =>
    pairs.map(({ from, to, network }) => `${network} ${from} ${to}`).sort();
  const everyPair = ["host", "overlay"].flatMap((network) =>
    NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => `${network} ${from} ${to}`)),
  );

  it("is measured between every pair of nodes, on both networks, before the load", () => {
    assert.match(upText, /network \(host\): round trips/);
    const pairs = run().network?.pairs ?? [];
    assert.deepEqual(named(pairs), everyPair);
    for (const { rttMs, sent, lost, throughputBitPerSec, error } of pairs) {
      assert.deepEqual([sent, error], [50, null]);
      assert.equal(rttMs.count, sent - lost);
      // Within one machine far below a millisecond, unless a probe waits for a CPU.
      assert.ok((rttMs.min ?? 0) > 0.005 && (rttMs.min ?? 99) < 20, `${rttMs.min}`);
      assert.ok((throughputBitPerSec ?? 0) > 50e6, `${throughputBitPerSec}`);
    }
  });

  it("has a smaller MTU on the overlay, because of VXLAN's headers", () => {
    const mtus = (network: string) =>
      new Set((run().network?.pairs ?? []).filter((pair) => pair.network === network).map(({ mtu }) => mtu));
    assert.deepEqual([mtus("host"), mtus("overlay")], [new Set([1_500]), new Set([1_450])]);
  });

  it("is measured during the step, and the report states the network's share of the latency", () => {
    const [step] = run().steps;
    assert.deepEqual(named(step?.network?.pairs ?? []), everyPair);
    for (const { sent, rttMs } of step?.network?.pairs ?? []) {
      assert.ok(sent > 10 && (rttMs.p50 ?? 0) > 0, `${sent}`);
    }
    const way = step?.network?.oneWayMs ?? 0;
    assert.ok(way > 0.01 && way < 100, `${way}`);
    assert.deepEqual(
      run().nodeClocks.map(({ node }) => node),
      NODES,
    );
    assert.match(
      readFileSync(path.join(latest(), "report.html"), "utf8"),
      /The network takes about [\d.]+ ms of [\d.]+ ms/,
    );
  });

  it("is in InfluxDB", async () => {
    type Influx = { organization: string; bucket: string; token: string };
    const { influxdb } = await project.secretOutputs<{ influxdb: Influx }>();
    const uis = await openUis(project);
    try {
      const api = new InfluxDB({ url: uis.influxdb.url, token: influxdb.token });
      const rows = await api
        .getQueryApi(influxdb.organization)
        .collectRows<{ _field: string; _value: number }>(
          `from(bucket: "${influxdb.bucket}") |> range(start: -1h)
             |> filter(fn: (r) => r._measurement == "bench_network" and r.run == "${run().run}")
             |> group(columns: ["_field"]) |> count()`,
        );
      const counts = Object.fromEntries(rows.map(({ _field, _value }) => [_field, _value]));
      assert.deepEqual([counts.mtu, counts.throughput], [12, 12]);
      assert.ok((counts.rtt_p50 ?? 0) >= 3 * 12, JSON.stringify(counts));
    } finally {
      await uis.close();
    }
  });

  it("changes nothing at a second up", async () => {
    const text = await project.mustUp();
    assert.match(text, /\d+ unchanged/);
    assert.doesNotMatch(text, /\d+ (created|updated|replaced|changes)/);
  });

  it("listens on the nodes' network only for the echo, besides Docker, SSH and PTP", async () => {
    // SSH, swarm's management, gossip and VXLAN, the registry, PTP (IEEE 1588) with its multicast.
    const expected = [
      "tcp 22",
      "tcp 2377",
      "tcp 5000",
      "tcp 7946",
      "udp 319",
      "udp 320",
      "udp 4789",
      "udp 7946",
    ];
    for (const name of NODES) {
      // The node has no ss; the probe's container shares the node's network.
      const tables = await project.on(
        name,
        "docker exec $(docker ps -q --filter name=probes-host) cat /proc/net/udp /proc/net/udp6 /proc/net/tcp /proc/net/tcp6",
      );
      const others = listening(tables).filter((each) => !expected.includes(each));
      assert.deepEqual(others, [`udp ${PROBE_PORTS.echo}`], name);
    }
  });

  it("loses its metrics, with a warning, if a probe is killed during a step, but the run continues", async () => {
    let killed: Promise<string> | undefined;
    const text = await bench(["--set", "network.packets=10"], (said) => {
      if (killed || !/: measuring: /.test(said)) return;
      killed = project.on("node3", "docker kill $(docker ps -q --filter name=probes\\\\.)");
    });
    assert.ok(killed, text);
    await killed;
    const { steps, warnings } = run();
    assert.equal(measured(steps[0]).lost, 0, text);
    assert.ok(
      warnings.some((warning) => /no measurements of node3 on the (host|overlay) network/.test(warning)),
      warnings.join("\n"),
    );
    const left = named(steps[0]?.network?.pairs ?? []);
    assert.deepEqual(
      left,
      everyPair.filter((pair) => !pair.includes("node3")),
    );
  });

  const bench = (args: string[], act: (text: string) => void) =>
    new Promise<string>((resolve, reject) => {
      const all = ["swarmbench.mjs", "bench", "-s", "network", ...args];
      const child = spawn("node", all, { cwd: project.directory, env: project.environment });
      let text = "";
      const read = (data: Buffer) => {
        text += data;
        act(text);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("close", (code) =>
        code === 0 ? resolve(text) : reject(new Error(`ended with ${code}: ${text}`)),
      );
    });
});

/** The ports that can be reached from outside, by the kernel's tables (proc_pid_net(5)): sockets without a peer. */
function listening(tables: string): string[] {
  let protocol = "";
  const all = tables.split("\n").flatMap((line) => {
    // The headers of the tables differ in the last columns: UDP's counts drops.
    if (line.includes("local_address")) protocol = line.includes("drops") ? "udp" : "tcp";
    const [, local = "", remote = ""] = line.trim().split(/\s+/);
    const [host = "", port = ""] = local.split(":");
    const loopback = /^[0-9A-F]{6}7F$/.test(host);
    return loopback || !/^0+:0+$/.test(remote) ? [] : [`${protocol} ${Number.parseInt(port, 16)}`];
  });
  return [...new Set(all)].sort();
}
