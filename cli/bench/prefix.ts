/** Start of the names of topics, groups and clients on a Kafka without a stack, unless `--prefix` is given. */
export const DEFAULT_PREFIX = "swarmbench-";
