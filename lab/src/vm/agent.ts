/** The address of the guest's only network, by which it reaches the host's loopback. */
const GATEWAY = "10.0.2.2";
const ADDRESS = "10.0.2.15/24";

/**
 * The guest's first and only service: a shell script, as process 1. It makes the machine an ordinary one (its own identity, loopback,
 * the host's listed loopback ports under their own numbers), says `ready`, and then runs each job that the host names on the serial line.
 */
export function agentScript(runDirectory: string, ports: readonly number[], trees: readonly string[] = []): string {
  return `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
cd ${quote(runDirectory)}
mount -t tmpfs tmpfs /run; mkdir -p /run/lock
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs tmpfs /dev/shm
${ownTmp(runDirectory)}
# This is another machine than the host, and says so.
hostname lab-vm; echo lab-vm >/etc/hostname; tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
for tree in ${trees.map(quote).join(" ")}; do tar --create --directory "$tree" . | tar --extract --directory / --keep-directory-symlink --no-overwrite-dir; done
ip link set lo up; ip link set eth0 up; ip addr add ${ADDRESS} dev eth0; ip route add default via ${GATEWAY}
for port in ${ports.join(" ")}; do
  socat TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr TCP:${GATEWAY}:$port &
done
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo
echo ready >&3
while read -r job seconds <&3; do
  (
    cd /
    timeout --kill-after=5 "$seconds" bash ${quote(runDirectory)}/$job.command </dev/null >${quote(runDirectory)}/$job.stdout 2>${quote(runDirectory)}/$job.stderr 3>&-
    echo $? >${quote(runDirectory)}/$job.code
    echo "$job" >&3
  ) &
done
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}

/** An empty /tmp of the guest's own; not where the project itself lies in the host's, which would be out of sight then. */
const ownTmp = (runDirectory: string): string => (runDirectory.startsWith("/tmp/") ? "" : "mount -t tmpfs tmpfs /tmp");

/** For the shell: nothing in it means anything. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
