// Which brokers have a role at the moment: leader and follower of a partition, active controller.
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { type AskMetrics, askJolokia, CONTROLLER } from "./metrics.ts";
import { withAdmin } from "./topics.ts";

/** The leader and all replicas of a partition, by Kafka's broker ids. */
export interface PartitionRoles {
  leader: number;
  replicas: number[];
}

/** Looks up roles; tests replace it. */
export interface RoleSource {
  /** @param partition Kafka's own number, in this topic */
  partition(topic: string, partition: number): Promise<PartitionRoles>;
  /** The name of the broker that is the active controller; undefined: none says that it is. */
  controller(): Promise<string | undefined>;
}

/**
 * The roles of a cluster. Leaders come from the metadata, over the admin client. The active controller comes from the brokers'
 * own metrics, because with KRaft the controller that the metadata names is any broker (KIP-631).
 *
 * @param brokers name and metrics endpoint of each broker
 */
export function clusterRoles(
  kafka: KafkaTarget,
  brokers: readonly { name: string; jolokiaUrl: string }[],
  ask: AskMetrics = askJolokia,
): RoleSource {
  return {
    partition: (topic, partition) => partitionRoles(kafka, topic, partition),
    controller: async () => {
      const active = await Promise.all(
        brokers.map(({ jolokiaUrl }) =>
          ask(jolokiaUrl, [CONTROLLER.active]).then(
            ([value]) => value === 1,
            () => false,
          ),
        ),
      );
      return brokers[active.indexOf(true)]?.name;
    },
  };
}

function partitionRoles(kafka: KafkaTarget, topic: string, partition: number): Promise<PartitionRoles> {
  return withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const roles = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
    if (!roles || roles.leader < 0) {
      throw new SwarmbenchError("kafka-failed", `partition ${partition} of ${topic} has no leader`);
    }
    return { leader: roles.leader, replicas: roles.replicas };
  });
}
