// A proxy in front of a broker that can lose an answer, after the broker has processed the request.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";

/** Forwards the connections of a kafkajs client to its broker, and drops an answer on request. */
export class LossyRoute {
  private readonly sockets = new Set<Socket>();
  private losing = false;
  private readonly server = createServer((client) => this.forward(client));
  private readonly brokerPort: number;

  private constructor(brokerPort: number) {
    this.brokerPort = brokerPort;
  }

  /** @param brokerPort port of the broker on this machine */
  static async open(brokerPort: number): Promise<LossyRoute> {
    const route = new LossyRoute(brokerPort);
    await once(route.server.listen(0, "127.0.0.1"), "listening");
    return route;
  }

  /** For the client's option of this name. */
  readonly socketFactory: ISocketFactory = ({ onConnect }) =>
    connect((this.server.address() as AddressInfo).port, "127.0.0.1", onConnect);

  /** Instead of forwarding the broker's next answer, its connection is closed. */
  loseNextAnswer(): void {
    this.losing = true;
  }

  /** Whether the answer has not come yet. */
  get isWaiting(): boolean {
    return this.losing;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await once(this.server.close(), "close");
  }

  private forward(client: Socket): void {
    const broker = connect(this.brokerPort, "localhost");
    const end = () => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.sockets.add(socket);
      socket.on("error", end).on("close", end);
    }
    client.pipe(broker);
    broker.on("data", (answer) => {
      if (!this.losing) return void client.write(answer);
      this.losing = false;
      end();
    });
  }
}
