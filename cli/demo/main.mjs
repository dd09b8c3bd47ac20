// From a machine that may have nothing to a running swarm, in one command.
import { project } from "../lib/paths.ts";
import { main } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { setup } from "../setup/command.ts";
import { pulumi } from "../setup/pulumiCli.ts";

const HELP = `npm run demo

Sets this machine up (npm run setup), brings up the stack "local" (a Docker Swarm of three nodes in containers, on it
Kafka, InfluxDB, Telegraf and Grafana), measures the delay of messages while the number of producers grows, and says what it
found, what is there and what to try next. 5 to 10 minutes once the machine is set up. Run again, it changes nothing that is as
it should be, and measures nothing again.`;

/**
 * @param {{ prefix: string, nodes: { name: string, role: string, address: string, ssh: string }[], network: string,
 *   registry: string, kafka?: { bootstrap: string[] }, influxdb?: { url: string, organization: string, bucket: string },
 *   uis: { name: string, service: string, port: number }[] }} is the stack's outputs
 */
function whatIsThere({ prefix, nodes, network, registry, kafka, influxdb, uis }) {
  const parts = [
    ["overlay network", network],
    ["image registry", `${registry} (on the nodes' network)`],
    ...(kafka ? [["Kafka", kafka.bootstrap.join(",")]] : []),
    ...(influxdb
      ? [["InfluxDB", `${influxdb.url}, organisation ${influxdb.organization}, bucket ${influxdb.bucket}`]]
      : []),
    ...uis
      .filter(({ name }) => name !== "InfluxDB")
      .map(({ name, service, port }) => [name, `http://${service}:${port}`]),
  ];
  return `
A Docker Swarm of ${nodes.length} nodes runs on this machine:

${nodes.map(({ name, role, address }) => `  ${name}  ${address.padEnd(15)} role=${role}`).join("\n")}

${parts.map(([what, where]) => `  ${what.padEnd(15)}  ${where}`).join("\n")}

Try next:

  npm run ui                                                  # all of them at this machine's loopback, with passwords
  npm run bench -- --set producers=100 --set sweep=null --set search=null    # another load, at once
  ${nodes[0].ssh} docker service ls
  eval "$(npm run -s env)"                                    # pulumi, in this shell
  pulumi config set nodes 5 -s local && pulumi up -s local    # scale it
  docker kill ${prefix}-node2; pulumi up -s local    # break it, and have it healed
  pulumi destroy -s local                                     # remove it all
`;
}

/** The table of the stack's run, which its report has too. */
function showResults(folder) {
  const report = ["--import", "tsx", "cli/report/main.ts", folder];
  return run(process.execPath, report, { cwd: project, show: true });
}

await main(async () => {
  if (process.argv.includes("--help")) {
    console.log(HELP);
    return;
  }
  await setup();
  await pulumi(["up", "--stack", "local", "--yes", "--skip-preview"], { show: true });
  const outputs = JSON.parse(await pulumi(["stack", "output", "--stack", "local", "--json"]));
  console.log(whatIsThere(outputs));
  if (outputs.benchmark) await showResults(outputs.benchmark.results);
});
