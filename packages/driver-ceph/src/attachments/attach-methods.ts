import { access, constants } from "node:fs/promises";
import { release } from "node:os";
import { delimiter, join } from "node:path";
import type { Finding, RbdAttachMethod } from "@opensds/core";
import type { CephConfig } from "../config.js";

/** What the kernel's own client maps, and since which kernel. */
const mappable: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  layering: [3, 8],
  striping: [3, 10],
  "exclusive-lock": [4, 9],
  "data-pool": [4, 11],
  "deep-flatten": [5, 1],
  "object-map": [5, 3],
  "fast-diff": [5, 3],
};

/** What each way to a device needs on the host, besides root. */
const needs: Readonly<Record<RbdAttachMethod, readonly { readonly path?: string; readonly tool?: string; readonly hint: string }[]>> = {
  krbd: [
    { path: "/sys/bus/rbd", hint: "load the kernel's module: modprobe rbd" },
    { tool: "rbd", hint: "install Debian's package ceph-common" },
  ],
  "rbd-nbd": [
    { path: "/sys/module/nbd", hint: "load the kernel's module: modprobe nbd" },
    { tool: "rbd-nbd", hint: "install Debian's package rbd-nbd" },
  ],
  "fuse-loop": [
    { path: "/dev/fuse", hint: "load the kernel's module: modprobe fuse" },
    { tool: "qemu-storage-daemon", hint: "install Debian's packages qemu-system-common and qemu-block-extra" },
    { tool: "losetup", hint: "install Debian's package mount" },
  ],
};

/** Whether this host can attach in one of the configured ways, and whether its kernel maps images of the configured features. */
export async function examineAttachMethods(config: CephConfig): Promise<readonly Finding[]> {
  const missing = await Promise.all(config.attach.map(async (method) => ({ method, lacks: await lackedBy(method) })));
  const works = missing.filter(({ lacks }) => lacks.length === 0).map(({ method }) => method);
  const words = missing.filter(({ lacks }) => lacks.length > 0).map(({ method, lacks }) => `${method} lacks ${lacks.map(({ what }) => what).join(" and ")}`);
  const methods: Finding =
    works.length > 0
      ? { check: "attach-methods", status: "ok", message: [`this host can attach by ${works.join(", ")}`, ...words].join("; ") }
      : {
          check: "attach-methods",
          status: "warning",
          message: `this host can attach in none of the configured ways: ${words.join("; ")}`,
          hint: `unless only other hosts attach: ${missing.map(({ method, lacks }) => `for ${method}, ${lacks.map(({ hint }) => hint).join(", ")}`).join("; or ")}`,
        };
  return [methods, ...(config.attach.includes("krbd") ? [imageFeatures(config)] : []), ...(await encryption(config))];
}

/** Whether encrypted volumes can be made here, and attached in one of the configured ways. */
async function encryption({ encryption: configured, attach }: CephConfig): Promise<readonly Finding[]> {
  if (configured === undefined) return [];
  const check = "encryption";
  const { format, passphraseFile } = configured;
  if (!(await isThere(passphraseFile, constants.R_OK))) {
    return [{ check, status: "error", message: `${passphraseFile}, the passphrase of new volumes, cannot be read`, hint: "put the file there, or mend `encryption` in the backends file" }];
  }
  const ways = attach.filter((method) => method !== "krbd");
  if (ways.length > 0) return [{ check, status: "ok", message: `new volumes are encrypted with ${format}, and attached by ${ways.join(" or ")}` }];
  const message = `new volumes are encrypted with ${format}, and the kernel's client, the one way in attach, decrypts none`;
  return [{ check, status: "warning", message, hint: "list rbd-nbd or fuse-loop in attach" }];
}

async function lackedBy(method: RbdAttachMethod): Promise<readonly { readonly what: string; readonly hint: string }[]> {
  const lacks: { what: string; hint: string }[] = [];
  for (const { path, tool, hint } of needs[method]) {
    if (path !== undefined && !(await isThere(path))) lacks.push({ what: path, hint });
    if (tool !== undefined && !(await isInPath(tool))) lacks.push({ what: `the command ${tool}`, hint });
  }
  return lacks;
}

const isThere = (path: string, mode = constants.F_OK): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function isInPath(tool: string): Promise<boolean> {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((place) => place !== "");
  const found = await Promise.all(places.map((place) => isThere(join(place, tool), constants.X_OK)));
  return found.includes(true);
}

/** The features that new images surely get, against what the kernel's own client can map. */
function imageFeatures({ imageFeatures: configured, dataPool, attach }: CephConfig): Finding {
  const check = "image-features";
  if (configured === undefined) return { check, status: "ok", message: "new images get the cluster's default features; the kernel's client refuses those that it does not know" };
  const features = [...configured, ...(dataPool === undefined ? [] : ["data-pool"])];
  const kernel = release();
  const [major = 0, minor = 0] = kernel.split(".").map(Number);
  const unknown = features.filter((feature) => {
    const since = mappable[feature];
    return since === undefined || major < since[0] || (major === since[0] && minor < since[1]);
  });
  if (unknown.length === 0) return { check, status: "ok", message: `kernel ${kernel} maps images with ${features.join(", ")}` };
  const others = attach.filter((method) => method !== "krbd");
  return {
    check,
    status: "warning",
    message: `kernel ${kernel} maps no images with ${unknown.join(", ")}${others.length > 0 ? `; ${others.join(" and ")} will be used for them` : ""}`,
    hint: `leave ${unknown.join(", ")} out of imageFeatures, or krbd out of attach`,
  };
}
