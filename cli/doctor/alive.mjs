import net from "node:net";

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether there is a process of this number; one that we may not signal (EPERM) is one. */
export function lives(pid, kill = process.kill) {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

/**
 * Whether nothing listens at an address: it refuses. Whatever else happens (no answer in time) proves nothing.
 *
 * @param {string} address host:port
 * @returns {Promise<boolean>}
 */
export function nothingListens(address) {
  return new Promise((resolve) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(address);
    const tell = (refused) => {
      socket.destroy();
      resolve(refused);
    };
    const socket = net
      .connect({ host, port: Number(port), timeout: ANSWER_TIMEOUT_MS })
      .on("connect", () => tell(false))
      .on("timeout", () => tell(false))
      .on("error", (error) => tell(error.code === "ECONNREFUSED"));
  });
}
