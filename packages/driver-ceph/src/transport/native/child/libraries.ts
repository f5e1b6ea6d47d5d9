import type { LibraryHandle } from "koffi";

type KoffiFunction = ReturnType<LibraryHandle["func"]>;

/** A word, a number, a pointer, memory of ours, or none. */
export type Argument = string | number | bigint | Uint8Array | readonly string[] | null | undefined;

/** A native function that answers a number; as a rule negative numbers are error numbers. */
export interface NativeFunction {
  /** Calls it here: for what does no I/O. */
  (...args: readonly Argument[]): number;
  /** Calls it on a thread of libuv's pool. */
  async(...args: readonly Argument[]): Promise<number>;
}

/** Loads librados and librbd. Throws where they are not installed, or koffi has no binary for this platform. */
export async function loadLibraries() {
  const { default: koffi } = await import("koffi");
  // Many more calls wait for a thread than there are threads; the default of 256 throws beyond.
  koffi.config({ max_async_calls: 4_096, async_stack_size: 512 * 1024 });
  const rados = functionsOf(koffi.load("librados.so.2"));
  const rbd = functionsOf(koffi.load("librbd.so.1"));
  const libc = functionsOf(koffi.load("libc.so.6"));
  const copy = libc.number("void memcpy(void *to, void *from, size_t length)");
  const lengthOf = libc.number("size_t strlen(void *text)");
  const diffCallback = koffi.proto("int diff_callback(uint64_t offset, size_t length, int exists, void *arg)");

  return {
    /** Lets another thread have the processor that this one is on. */
    yieldProcessor: libc.number("int sched_yield()"),
    prctl: libc.number("int prctl(int option, unsigned long value, unsigned long a, unsigned long b, unsigned long c)"),
    rados: {
      version: rados.number("void rados_version(void *major, void *minor, void *extra)"),
      create: rados.number("int rados_create2(void *cluster, const char *name, const char *user, uint64_t flags)"),
      readConf: rados.number("int rados_conf_read_file(void *cluster, const char *path)"),
      parseEnvironment: rados.number("int rados_conf_parse_env(void *cluster, const char *name)"),
      setOption: rados.number("int rados_conf_set(void *cluster, const char *option, const char *value)"),
      getOption: rados.number("int rados_conf_get(void *cluster, const char *option, void *buffer, size_t length)"),
      connect: rados.number("int rados_connect(void *cluster)"),
      addresses: rados.number("int rados_getaddrs(void *cluster, void *addresses)"),
      openPool: rados.number("int rados_ioctx_create(void *cluster, const char *pool, void *io)"),
      setNamespace: rados.number("void rados_ioctx_set_namespace(void *io, const char *name)"),
      allowFull: rados.number("void rados_set_pool_full_try(void *io)"),
      monCommand: rados.number(
        "int rados_mon_command(void *cluster, const char **command, size_t count, void *input, size_t length, void *output, void *outputLength, void *status, void *statusLength)",
      ),
      mgrCommand: rados.number(
        "int rados_mgr_command(void *cluster, const char **command, size_t count, void *input, size_t length, void *output, void *outputLength, void *status, void *statusLength)",
      ),
      freeBuffer: rados.number("void rados_buffer_free(void *buffer)"),
      newReadOp: rados.pointer("void *rados_create_read_op()"),
      freeReadOp: rados.number("void rados_release_read_op(void *op)"),
      flagReadOp: rados.number("void rados_read_op_set_flags(void *op, int flags)"),
      readExec: rados.number(
        "void rados_read_op_exec_user_buf(void *op, const char *class, const char *method, void *input, size_t length, void *output, size_t capacity, void *used, void *result)",
      ),
      readKeys: rados.number(
        "void rados_read_op_omap_get_vals_by_keys2(void *op, void *keys, size_t count, void *lengths, void *iterator, void *result)",
      ),
      readAttributes: rados.number("void rados_read_op_getxattrs(void *op, void *iterator, void *result)"),
      readOmap: rados.number(
        "void rados_read_op_omap_get_vals2(void *op, const char *after, const char *prefix, uint64_t most, void *iterator, void *more, void *result)",
      ),
      readBytes: rados.number("void rados_read_op_read(void *op, uint64_t offset, size_t length, void *output, void *used, void *result)"),
      newWriteOp: rados.pointer("void *rados_create_write_op()"),
      freeWriteOp: rados.number("void rados_release_write_op(void *op)"),
      assertExists: rados.number("void rados_write_op_assert_exists(void *op)"),
      writeExec: rados.number(
        "void rados_write_op_exec(void *op, const char *class, const char *method, void *input, size_t length, void *result)",
      ),
      setOmap: rados.number(
        "void rados_write_op_omap_set2(void *op, const char **keys, void *values, void *keyLengths, void *valueLengths, size_t count)",
      ),
      compareOmap: rados.number(
        "void rados_write_op_omap_cmp2(void *op, const char *key, uint8_t comparison, void *value, size_t keyLength, size_t valueLength, void *result)",
      ),
      compareBytes: rados.number("void rados_write_op_cmpext(void *op, void *bytes, size_t length, uint64_t offset, void *result)"),
      createObject: rados.number("void rados_write_op_create(void *op, int exclusive, const char *category)"),
      writeBytes: rados.number("void rados_write_op_write_full(void *op, void *bytes, size_t length)"),
      removeObject: rados.number("void rados_write_op_remove(void *op)"),
      newCompletion: rados.number("int rados_aio_create_completion2(void *arg, void *callback, void *completion)"),
      startRead: rados.number("int rados_aio_read_op_operate(void *op, void *io, void *completion, const char *object, int flags)"),
      startWrite: rados.number(
        "int rados_aio_write_op_operate(void *op, void *io, void *completion, const char *object, void *time, int flags)",
      ),
      startNotify: rados.number(
        "int rados_aio_notify(void *io, const char *object, void *completion, void *bytes, int length, uint64_t timeoutMs, void *reply, void *replyLength)",
      ),
      wait: rados.number("int rados_aio_wait_for_complete(void *completion)"),
      isComplete: rados.number("int rados_aio_is_complete(void *completion)"),
      resultOf: rados.number("int rados_aio_get_return_value(void *completion)"),
      freeCompletion: rados.number("void rados_aio_release(void *completion)"),
      nextOmap: rados.number("int rados_omap_get_next2(void *iterator, void *key, void *value, void *keyLength, void *valueLength)"),
      freeOmap: rados.number("void rados_omap_get_end(void *iterator)"),
      nextAttribute: rados.number("int rados_getxattrs_next(void *iterator, void *name, void *value, void *length)"),
      freeAttributes: rados.number("void rados_getxattrs_end(void *iterator)"),
    },
    rbd: {
      version: rbd.number("void rbd_version(void *major, void *minor, void *extra)"),
      newOptions: rbd.number("void rbd_image_options_create(void *options)"),
      setOption: rbd.number("int rbd_image_options_set_uint64(void *options, int option, uint64_t value)"),
      setTextOption: rbd.number("int rbd_image_options_set_string(void *options, int option, const char *value)"),
      freeOptions: rbd.number("void rbd_image_options_destroy(void *options)"),
      create: rbd.number("int rbd_create4(void *io, const char *name, uint64_t size, void *options)"),
      trashRemove: rbd.number("int rbd_trash_remove(void *io, const char *id, uint8_t force)"),
      trashList: rbd.number("int rbd_trash_list(void *io, void *entries, void *count)"),
      freeTrashList: rbd.number("void rbd_trash_list_cleanup(void *entries, size_t count)"),
      openByName: rbd.number("int rbd_open_read_only(void *io, const char *name, void *image, const char *snapshot)"),
      openById: rbd.number("int rbd_open_by_id_read_only(void *io, const char *id, void *image, const char *snapshot)"),
      close: rbd.number("int rbd_close(void *image)"),
      stat: rbd.number("int rbd_stat(void *image, void *info, size_t length)"),
      idOf: rbd.number("int rbd_get_id(void *image, void *id, size_t length)"),
      nameOf: rbd.number("int rbd_get_name(void *image, void *name, void *length)"),
      features: rbd.number("int rbd_get_features(void *image, void *features)"),
      overlap: rbd.number("int rbd_get_overlap(void *image, void *overlap)"),
      snapshots: rbd.number("int rbd_snap_list(void *image, void *snapshots, void *count)"),
      watchers: rbd.number("int rbd_watchers_list(void *image, void *watchers, void *count)"),
      freeWatchers: rbd.number("void rbd_watchers_list_cleanup(void *watchers, size_t count)"),
      namespaces: rbd.number("int rbd_namespace_list(void *io, void *names, void *size)"),
      iterate: rbd.number(
        "int rbd_diff_iterate2(void *image, const char *from, uint64_t offset, uint64_t length, uint8_t parent, uint8_t whole, diff_callback *callback, void *arg)",
      ),
    },
    /** Copies native memory. */
    bytesAt: (address: bigint, length: number): Buffer => {
      const bytes = Buffer.allocUnsafe(length);
      if (length > 0) copy(bytes, address, length);
      return bytes;
    },
    /** Reads a C string. */
    stringAt: (address: bigint): string => {
      const bytes = Buffer.allocUnsafe(lengthOf(address));
      copy(bytes, address, bytes.length);
      return bytes.toString("utf8");
    },
    /** Where memory of ours is. */
    addressOf: (bytes: Uint8Array): bigint => koffi.address(bytes),
    /** Makes a function of ours callable from native code until the work has ended. It must not throw. */
    withDiffCallback: async (extent: (length: number, exists: boolean) => void, work: (callback: bigint) => Promise<number>): Promise<number> => {
      const callback = koffi.register((_offset: number, length: number, exists: number) => {
        extent(length, exists !== 0);
        return 0;
      }, koffi.pointer(diffCallback));
      try {
        return await work(callback);
      } finally {
        koffi.unregister(callback);
      }
    },
  };
}

export type Libraries = Awaited<ReturnType<typeof loadLibraries>>;

function functionsOf(library: LibraryHandle) {
  return {
    number: (declaration: string): NativeFunction => numberFunction(library.func(declaration)),
    pointer: (declaration: string): (() => bigint) => {
      const native: KoffiFunction = library.func(declaration);
      return () => {
        const made: unknown = native();
        if (typeof made !== "bigint") throw new Error(`${declaration} gave no pointer`);
        return made;
      };
    },
  };
}

function numberFunction(native: KoffiFunction): NativeFunction {
  const call = (...args: readonly Argument[]): number => numberOf(native(...args));
  const async = (...args: readonly Argument[]): Promise<number> =>
    new Promise((resolve, reject) => {
      native.async(...args, (error: Error | null, result: unknown) => {
        if (error === null) resolve(numberOf(result));
        else reject(error);
      });
    });
  return Object.assign(call, { async });
}

/** Functions without a result give nothing. */
const numberOf = (result: unknown): number => (typeof result === "number" ? result : 0);
