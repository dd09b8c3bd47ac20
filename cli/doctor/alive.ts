import net from "node:net";

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether a process with this id is running, also one that this user may not signal (EPERM). */
export function lives(pid: number, kill: (pid: number, signal: number) => unknown = process.kill): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * Whether an address refuses connections, so that nothing listens there. Any other failure, such as a timeout, is no proof.
 *
 * @param address host:port
 */
export function nothingListens(address: string): Promise<boolean> {
  const separator = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, separator), Number(address.slice(separator + 1))];
  return new Promise((resolve) => {
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    const socket = net
      .connect({ host, port, timeout: ANSWER_TIMEOUT_MS })
      .on("connect", () => end(false))
      .on("timeout", () => end(false))
      .on("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
  });
}
