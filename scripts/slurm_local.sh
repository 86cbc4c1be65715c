#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A Slurm of its own on this machine, for tests: two nodes of one processor each, under the caller's account. All files lie in
# the folder; nothing of a Slurm that is installed otherwise is touched.
#
#   scripts/slurm_local.sh start DIR    then: export SLURM_CONF=DIR/slurm.conf
#   scripts/slurm_local.sh stop DIR
#   scripts/slurm_local.sh kill-node DIR N     ends the daemon of node N (1 or 2) at once, as a crash would
#   scripts/slurm_local.sh start-node DIR N
set -euo pipefail
. "$(dirname "$0")/env.sh"

usage="expected start DIR, stop DIR, kill-node DIR N or start-node DIR N"
what=${1:-}
dir=${2:-}
[ -n "$dir" ] || die "$usage"
export PATH=$PATH:/usr/sbin:/sbin
if [[ $dir != /* ]]; then dir=$root/$dir; fi
export SLURM_CONF=$dir/slurm.conf

pid_of() { cat "$dir/$1.pid" 2>/dev/null || true; }

end() { # name of the daemon, signal
    local pid
    pid=$(pid_of "$1")
    [ -z "$pid" ] || kill "-$2" "$pid" 2>/dev/null || true
}

gone() { # name of the daemon
    local pid k
    pid=$(pid_of "$1")
    for ((k = 0; k < 100; k++)); do
        { [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; } || return 0
        sleep 0.1
    done
    note "$1 (pid $pid) does not end" >&2
}

start_node() {
    rm -f "$dir/slurmd.n$1.pid"
    slurmd -N "n$1" -f "$SLURM_CONF" || die "slurmd of node $1 does not start: $dir/slurmd.n$1.log"
}

start() {
    local tool user port
    for tool in munged slurmctld slurmd sbatch; do
        command -v $tool >/dev/null || die "$tool is missing: install the Debian packages slurm-wlm and munge"
    done
    [ ! -e "$dir/slurm.conf" ] || die "$dir has a Slurm already: stop it first"
    mkdir -p "$dir"/{state,spool.n1,spool.n2}
    chmod 755 "$dir"
    user=$(id -un)
    port=$((20000 + RANDOM % 20000))
    (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
    # --force: the folder of a checkout may be writable for a group.
    munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" 2>>"$dir/munged.out" ||
        die "munged does not start: $(tail -n 1 "$dir/munged.out")"
    cat >"$dir/slurm.conf" <<END
ClusterName=ipsec-cosim-test
SlurmctldHost=$(hostname -s)(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$port
SlurmctldPidFile=$dir/slurmctld.pid
SlurmctldLogFile=$dir/slurmctld.log
StateSaveLocation=$dir/state
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmdLogFile=$dir/slurmd.%n.log
SlurmdSpoolDir=$dir/spool.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,defer_batch
SlurmdTimeout=5
MinJobAge=300
ReturnToService=2
MaxArraySize=1001
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 State=UNKNOWN
PartitionName=test Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
    slurmctld -f "$SLURM_CONF" || die "slurmctld does not start: $dir/slurmctld.log"
    start_node 1
    start_node 2
    for ((k = 0; k < 150; k++)); do
        [ "$(sinfo -h -o %A 2>/dev/null)" = 0/2 ] && break
        sleep 0.2
    done
    [ "$(sinfo -h -o %A 2>/dev/null)" = 0/2 ] || die "the nodes do not come up: $dir/slurmctld.log"
    note "two nodes: export SLURM_CONF=$SLURM_CONF"
}

stop() {
    [ -e "$dir/slurm.conf" ] || die "$dir has no Slurm"
    scancel -u "$(id -un)" 2>/dev/null || true
    for daemon in slurmd.n1 slurmd.n2 slurmctld munged; do
        end "$daemon" TERM
        gone "$daemon"
    done
    rm -f "$dir/slurm.conf"
}

case $what in
start) start ;;
stop) stop ;;
kill-node) end "slurmd.n${3:?$usage}" KILL ;;
start-node) start_node "${3:?$usage}" ;;
*) die "$usage" ;;
esac
