"""librbd through its own Python binding: a peer in one warm process with one connection.

Reads one request a line as JSON from standard input, times it here, and answers with one line:
{"ms": [...], "value": ...} or {"error": "..."}. Started with: conf, user, keyring, pool.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import rados
import rbd

conf, user, keyring, pool = sys.argv[1:5]
cluster = rados.Rados(conffile=conf, name="client." + user, conf={"keyring": keyring})
cluster.connect()
ioctx = cluster.open_ioctx(pool)
images = rbd.RBD()


def timed(work, items):
    """Each item's milliseconds, and what the last one came to."""
    times, value = [], None
    for item in items:
        begin = time.perf_counter()
        value = work(item)
        times.append((time.perf_counter() - begin) * 1000)
    return times, value


def together(work, items, threads):
    """The milliseconds of all items, so many at once."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as workers:
        list(workers.map(work, items))
    return [(time.perf_counter() - begin) * 1000], None


def look(name):
    with rbd.Image(ioctx, name, read_only=True) as image:
        size = image.stat()["size"]
        metadata = dict(image.metadata_list())
    return {"sizeBytes": size, "metadata": metadata}


def look_at_all(_):
    """Of all images whose names begin so: how many, and their sizes together."""
    sizes = [look(name)["sizeBytes"] for name in images.list(ioctx)]
    return {"count": len(sizes), "bytes": sum(sizes)}


def resize(name, size):
    with rbd.Image(ioctx, name) as image:
        image.resize(size)


def wait_for_objects(count):
    """Until the pool holds so many objects or fewer."""
    while sum(1 for _ in ioctx.list_objects()) > count:
        time.sleep(0.02)


def answer(request):
    op = request["op"]
    if op == "version":
        return [], ".".join(str(part) for part in images.version())
    if op == "create":
        return timed(lambda name: images.create(ioctx, name, request["size"]), request["names"])
    if op == "create together":
        return together(lambda name: images.create(ioctx, name, request["size"]), request["names"], request["threads"])
    if op == "look":
        return timed(look, request["names"])
    if op == "look at all":
        return timed(look_at_all, [None])
    if op == "resize":
        return timed(lambda name: resize(name, request["size"]), request["names"])
    if op == "trash":
        return timed(lambda name: images.trash_move(ioctx, name), request["names"])
    if op == "remove together":
        return together(lambda name: images.remove(ioctx, name), request["names"], request["threads"])
    if op == "purge trash":
        return together(lambda entry: images.trash_remove(ioctx, entry["id"]), list(images.trash_list(ioctx)), request["threads"])
    if op == "objects":
        return [], sum(1 for _ in ioctx.list_objects())
    if op == "wait for objects":
        return timed(wait_for_objects, [request["count"]])
    raise ValueError("unknown request " + op)


for line in sys.stdin:
    try:
        ms, value = answer(json.loads(line))
        reply = {"ms": ms, "value": value}
    except Exception as error:  # the bench reports it, whatever it is
        reply = {"error": type(error).__name__ + ": " + str(error)}
    print(json.dumps(reply), flush=True)
