import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";

/** One swarm from its creation to its end; each test continues with the state of the previous one. */
describe("a local testbed", { concurrency: 1 }, () => {
  let project: TestProject;
  const upOutputs: string[] = [];
  const up = async (...args: string[]) => {
    const text = await project.mustUp(...args);
    upOutputs.push(text);
    return text;
  };
  before(async () => {
    project = await TestProject.create("life", { nodes: "1", namespace: "e2e" });
  });
  after(() => project?.dispose());

  describe("pulumi up refuses, and changes nothing", () => {
    after(() =>
      project.configure({
        "testbed.kind": "local",
        "testbed.memory": "1 GiB",
        "testbed.cpus": "1", // a whole number, which the provider reads back as 1.0
      }),
    );

    it("a configuration with errors, and lists all of them", async () => {
      await project.configure({ nodez: "3", "testbed.kind": "local", "testbed.memory": "2 GB" });
      await refuses(project, /nodez: no such setting/, /testbed\.memory: expected a number/);
      await project.unset("nodez");
      await project.unset("testbed");
    });

    it("an SSH port that is in use", async () => {
      const server = createServer();
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
      const { port } = server.address() as { port: number };
      await project.configure({ "testbed.kind": "local", "testbed.sshPortBase": String(port) });
      await refuses(project, new RegExp(`127\\.0\\.0\\.1:${port}.*sshPortBase`));
      server.close();
      await project.unset("testbed");
    });

    it("a network that overlaps another Docker network", async () => {
      await project.docker("network", "create", "--subnet", "10.250.0.0/16", "swarmbench-e2e-other");
      try {
        await project.configure({ "testbed.kind": "local", "testbed.subnet": "10.250.3.0/24" });
        await refuses(project, /swarmbench-e2e-other has 10\.250\.0\.0\/16.*testbed\.subnet/);
      } finally {
        await project.docker("network", "rm", "swarmbench-e2e-other");
        await project.unset("testbed");
      }
    });
  });

  it("previews on a machine without any of its resources", async () => {
    assert.match(await project.mustPulumi("preview"), /to create/);
    assert.deepEqual(await project.remains(), []);
  });

  it("starts with one node that is manager and worker", async () => {
    await up();
    assert.deepEqual(await project.swarmNodes(), ["node1 ready active monitor"]);
  });

  it("limits memory and CPU of a node and everything in it", async () => {
    const limits = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}";
    const node = `${project.prefix}-node1`;
    assert.equal((await project.docker("inspect", "--format", limits, node)).trim(), `${2 ** 30} 1000000000`);
    // The limit that the kernel applies to a container in the node: the smallest one of its ancestors.
    const inside = await project.on(
      "node1",
      `id=$(docker inspect --format '{{.Id}}' registry)
       if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
         test -d "/sys/fs/cgroup/docker/$id" && cat /sys/fs/cgroup/memory.max
       else
         awk '/^hierarchical_memory_limit/ { print $2 }' "/sys/fs/cgroup/memory/docker/$id/memory.stat"
       fi`,
    );
    assert.equal(inside.trim(), String(2 ** 30));
  });

  it("changes nothing at a second up", async () => {
    assert.match(await up("--expect-no-changes"), /unchanged/);
  });

  it("changes nothing at a refresh or the next up", async () => {
    await project.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await up("--expect-no-changes");
  });

  it("changes nothing if DOCKER_CONTEXT names another engine, because every provider has a host", async () => {
    project.environment.DOCKER_CONTEXT = "swarmbench-none";
    try {
      await up("--expect-no-changes");
    } finally {
      delete project.environment.DOCKER_CONTEXT;
    }
  });

  describe("two checkouts on one machine", () => {
    let second: TestProject;
    before(async () => {
      second = await TestProject.create("life", { nodes: "1", namespace: "e2e" });
    });
    after(() => second?.dispose());

    it("do not use the same names: the second is refused with the owner", () =>
      refuses(second, new RegExp(`runs from ${project.directory}.*swarmbench:namespace`)));

    it("run side by side with two namespaces", async () => {
      await second.configure({ namespace: "e2etoo" });
      await second.mustUp();
      assert.deepEqual(await second.swarmNodes(), ["node1 ready active monitor"]);
      await up("--expect-no-changes");
    });

    it("are destroyed separately: the other one is not changed", async () => {
      await second.mustPulumi("destroy", "--yes", "--skip-preview");
      await up("--expect-no-changes");
      assert.deepEqual(await project.swarmNodes(), ["node1 ready active monitor"]);
    });
  });

  it("scales out from one to three nodes", async () => {
    await project.configure({ nodes: "3" });
    await up();
    assert.deepEqual(await project.swarmNodes(), [
      "node1 ready active monitor",
      "node2 ready active broker",
      "node3 ready active agent",
    ]);
  });

  it("has a registry from which every node pulls", async () => {
    await startService(project, "spread", "--mode global");
    assert.deepEqual(await runningOn(project, "spread"), ["node1", "node2", "node3"]);
  });

  it("has an overlay network that connects containers on different nodes", async () => {
    const { registry } = await project.outputs<{ registry: string }>();
    const image = `${registry}/test`;
    await project.on("node2", `docker run -d --name talker --network bench ${image}`);
    const address = await project.on(
      "node2",
      "docker inspect --format '{{.NetworkSettings.Networks.bench.IPAddress}}' talker",
    );
    const answer = await project.on(
      "node3",
      `docker run -d --name asker --network bench ${image} >/dev/null
       nsenter --net --target "$(docker inspect --format '{{.State.Pid}}' asker)" bash -c \
         'exec 3<>/dev/tcp/${address.trim()}/5000; printf "GET /v2/ HTTP/1.0\r\n\r\n" >&3; cat <&3'`,
    );
    assert.match(answer, /200 OK/);
    await Promise.all([
      project.on("node2", "docker rm -f talker"),
      project.on("node3", "docker rm -f asker"),
    ]);
  });

  it("scales out from three to five nodes without changing the others", async () => {
    await project.configure({ nodes: "5" });
    const text = await up();
    assert.doesNotMatch(text, /updated|replaced|deleted/);
    assert.equal((await project.swarmNodes()).length, 5);
    await eventually(async () => assert.equal((await runningOn(project, "spread")).length, 5));
  });

  it("scales in from five to two nodes, and services continue on the remaining ones", async () => {
    await startService(project, "web", "--replicas 5");
    await eventually(async () => assert.equal((await runningOn(project, "web")).length, 5));
    const staying = await tasksOn(project, "web", ["node1", "node2"]);
    assert.ok(staying.length > 0);
    await project.configure({ nodes: "2" });
    await up();
    const still = await tasksOn(project, "web", ["node1", "node2"]);
    assert.deepEqual(
      staying.filter((task) => !still.includes(task)),
      [],
      "these tasks were restarted",
    );
    assert.deepEqual(await project.swarmNodes(), ["node1 ready active monitor", "node2 ready active broker"]);
    await eventually(async () => {
      const nodes = await runningOn(project, "web");
      assert.equal(nodes.length, 5);
      assert.deepEqual([...new Set(nodes)].sort(), ["node1", "node2"]);
    });
  });

  it("keeps the join token and the private key out of the state and the output", async () => {
    const token = (await project.on("node1", "docker swarm join-token --quiet worker")).trim();
    const key = await project.must("cat", ".swarmbench/ssh/id_ed25519");
    const secretLine = key.split("\n")[2] ?? "";
    assert.ok(token.startsWith("SWMTKN-") && secretLine.length > 30);
    const state = project.stateFile();
    assert.ok(!state.includes(token), "the token is in the state");
    assert.ok(!state.includes(secretLine), "the key is in the state");
    const printed = upOutputs.join("\n") + (await project.mustPulumi("stack", "output"));
    assert.ok(upOutputs.length > 3 && !printed.includes(token) && !printed.includes(secretLine));
  });

  it("leaves nothing behind after a destroy", async () => {
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project.remains(), []);
    const mounts = await project.must("cat", "/proc/mounts");
    assert.ok(
      !mounts.includes(project.prefix) && !mounts.includes(project.directory),
      "a mount is left over",
    );
    await eventually(async () => {
      const processes = await project.must("ps", "-eo", "args");
      assert.ok(!processes.includes(`${project.directory}/`), `a process is left over:\n${processes}`);
    });
  });
});

/** Asserts that an up is refused with a message and changes nothing. Other tests run on the same engine. */
async function refuses(project: TestProject, ...reasons: RegExp[]): Promise<void> {
  const containers = () => project.docker("ps", "--all", "--quiet", "--filter", `name=${project.prefix}-`);
  const before = await containers();
  const result = await project.up();
  assert.notEqual(result.code, 0);
  for (const reason of reasons) assert.match(result.text, reason);
  assert.match(result.text, /nothing was changed/);
  assert.equal(await containers(), before);
}

/** Starts a service from the only image that the testbed has in its registry. */
async function startService(project: TestProject, name: string, mode: string): Promise<void> {
  const { registry } = await project.outputs<{ registry: string }>();
  const image = `${registry}/test`;
  await project.on(
    "node1",
    `docker tag $(docker inspect --format '{{.Image}}' registry) ${image} && docker push --quiet ${image} && ` +
      `docker service create --quiet --name ${name} --endpoint-mode dnsrr ${mode} ${image}`,
  );
}

/** The ids of a service's tasks that run on these nodes. */
async function tasksOn(project: TestProject, service: string, nodes: string[]): Promise<string[]> {
  const format = "--no-trunc --filter desired-state=running --format '{{.ID}} {{.Node}} {{.CurrentState}}'";
  const tasks = await project.on("node1", `docker service ps ${format} ${service}`);
  return tasks
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, node, state]) => state === "Running" && nodes.includes(node ?? ""))
    .map(([id = ""]) => id)
    .sort();
}

/** The node of each running task of a service. */
async function runningOn(project: TestProject, service: string): Promise<string[]> {
  const filter = "--filter desired-state=running --format '{{.Node}} {{.CurrentState}}'";
  const tasks = await project.on("node1", `docker service ps ${filter} ${service}`);
  return tasks
    .split("\n")
    .filter((line) => / Running/.test(line))
    .map((line) => line.split(" ")[0] ?? "")
    .sort();
}
