// From a machine without any tools to a running swarm, in one command.

import { stackOutputs } from "../lib/stackOutputs.ts";
import { pulumi } from "../setup/pulumiCli.ts";
import { setup } from "../setup/setup.ts";

/** The outputs of the stack that are printed. */
interface Outputs {
  prefix: string;
  nodes: { name: string; role: string; address: string; ssh: string }[];
  network: string;
  registry: string;
  kafka?: { bootstrap: string[] };
  influxdb?: { url: string; organization: string; bucket: string };
  uis: { name: string; service: string; port: number }[];
  benchmark?: { results: string };
}

function servicesOf({ network, registry, kafka, influxdb, uis }: Outputs): [name: string, address: string][] {
  const services: [name: string, address: string][] = [
    ["overlay network", network],
    ["image registry", `${registry} (on the nodes' network)`],
  ];
  if (kafka) services.push(["Kafka", kafka.bootstrap.join(",")]);
  if (influxdb) {
    const { url, organization, bucket } = influxdb;
    services.push(["InfluxDB", `${url}, organisation ${organization}, bucket ${bucket}`]);
  }
  for (const { name, service, port } of uis) {
    if (name !== "InfluxDB") services.push([name, `http://${service}:${port}`]);
  }
  return services;
}

function overview(outputs: Outputs): string {
  const { prefix, nodes } = outputs;
  return `
A Docker Swarm of ${nodes.length} nodes runs on this machine:

${nodes.map(({ name, role, address }) => `  ${name}  ${address.padEnd(15)} role=${role}`).join("\n")}

${servicesOf(outputs)
  .map(([name, address]) => `  ${name.padEnd(15)}  ${address}`)
  .join("\n")}

Try next:

  npm run ui                                                  # open the web UIs in a browser, with passwords
  npm run bench -- --set producers=100 --set sweep=null --set search=null    # another load
  ${nodes[0]?.ssh} docker service ls
  eval "$(npm run -s env)"                                    # use pulumi in this shell
  pulumi config set nodes 5 -s local && pulumi up -s local    # scale it
  docker kill ${prefix}-node2; pulumi up -s local    # break it, and let it heal
  pulumi destroy -s local                                     # remove it all
`;
}

/** Sets the machine up, brings up the stack local, and prints what runs and what was measured. */
export async function run(): Promise<undefined> {
  await setup();
  await pulumi(["up", "--stack", "local", "--yes", "--skip-preview"], { show: true });
  const outputs = (await stackOutputs<Outputs>("local")) as Outputs;
  console.log(overview(outputs));
  if (!outputs.benchmark) return;
  const { report } = await import("../report/main.ts");
  await report(outputs.benchmark.results);
}
