# The peer: openstacksdk in one warm process with one connection. Reads an order a line, answers a line of JSON.
import json
import sys
import time

import openstack
from openstack import version

cloud = openstack.connect(cloud=sys.argv[1])
volumes = cloud.block_storage
volumes.default_microversion = "3.59"
made = {}


def create(name):
    made[name] = cloud.block_storage.create_volume(name=name, size=1, metadata={"made": "by the peer"})
    made[name] = cloud.block_storage.wait_for_status(made[name], "available", failures=["error"], interval=0.1, wait=60)
    return made[name].id


def get(name):
    return cloud.block_storage.get_volume(made[name].id).size


def count(prefix):
    return sum(1 for volume in cloud.block_storage.volumes(details=True, limit=1000) if (volume.name or "").startswith(prefix))


def delete(name):
    volume = made.pop(name)
    cloud.block_storage.delete_volume(volume)
    cloud.block_storage.wait_for_delete(volume, interval=0.1, wait=60)


orders = {"create": create, "get": get, "list": count, "delete": delete, "version": lambda _: version.__version__}
for line in sys.stdin:
    order, argument = json.loads(line)
    begin = time.monotonic()
    value = orders[order](argument)
    print(json.dumps({"value": value, "ms": (time.monotonic() - begin) * 1000}), flush=True)
