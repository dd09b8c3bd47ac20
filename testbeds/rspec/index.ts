// Reads manifests and writes requests in RSpec, the format of jFed and its testbeds.
export { type DocumentError, formatError, manifestError } from "./errors.ts";
export { loadManifests } from "./files.ts";
export { inspectManifests, type RspecNode } from "./manifests.ts";
export {
  checkRequest,
  DEFAULT_MANAGER,
  type RequestedNode,
  type RequestOptions,
  requestRspec,
} from "./request.ts";
