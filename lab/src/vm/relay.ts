import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A loopback port of this host behind which a service listens that has a local socket only. */
export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/** A machine sees the host's files and not who listens at them: what it is to reach needs a port. */
export async function openRelay(socketPath: string): Promise<Relay> {
  const open = new Set<Socket>();
  const keep = (socket: Socket, other: () => Socket): void => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => other().destroy());
  };
  const server = createServer((client) => {
    const service = connect(socketPath);
    keep(client, () => service);
    keep(service, () => client);
    client.pipe(service);
    service.pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
