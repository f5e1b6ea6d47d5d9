import { createServer } from "node:net";
import { LabError } from "./errors.js";

export interface PortBlock {
  readonly first: number;
  readonly count: number;
}

/** A monitor takes 2 ports, the manager 2, an OSD 8 (four messengers, two protocols); what is left is spare for restarts. */
export const PORTS_PER_LAB = 160;

/** The last ones of the block, which Ceph's daemons keep off. */
export const CINDER_PORTS = 12;

/** Above the ports of well-known services, Ceph's own defaults included, and below Linux's range for outgoing calls. */
const LOWEST = 20_000;
const BLOCKS = 75;

/** Blocks in the order to try them: every lab starts at its own place, so that two rarely meet. */
export function candidateBlocks(fingerprint: string): PortBlock[] {
  const start = Number.parseInt(fingerprint.slice(0, 8), 16) % BLOCKS;
  return Array.from({ length: BLOCKS }, (_, index) => ({
    first: LOWEST + ((start + index) % BLOCKS) * PORTS_PER_LAB,
    count: PORTS_PER_LAB,
  }));
}

export async function freeBlock(fingerprint: string): Promise<PortBlock> {
  for (const block of candidateBlocks(fingerprint)) {
    if (await isBlockFree(block)) return block;
  }
  throw new LabError(`No ${PORTS_PER_LAB} ports in a row are free on 127.0.0.1 from ${LOWEST} on.`);
}

async function isBlockFree(block: PortBlock): Promise<boolean> {
  for (let offset = 0; offset < block.count; offset += 1) {
    if (!(await isPortFree(block.first + offset))) return false;
  }
  return true;
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
