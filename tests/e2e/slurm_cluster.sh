# A Slurm of two nodes, both of them this machine, of whoever calls, with no
# system service, munge or cgroup. Sourced after lib.sh:
#   start_slurm   sets SLURM_CONF; the nodes are $SLURM_NODE and
#                 ${SLURM_NODE}2; all ends with the shell.

SLURM_NODE=$(hostname)
SLURM_NODE=${SLURM_NODE%%.*}
slurm_daemons=()
# Not in $TEST_TMPDIR: the path of a socket has 107 characters at most.
slurm_folder=$(mktemp -d /tmp/slurm.XXXXXX)

# A daemon's last words.
slurm_failed() {
  echo "CANNOT RUN: Slurm does not start here: $*"
  tail -n 20 "$slurm_folder"/*.log
  exit 1
}

stop_slurm() {
  scancel --quiet --user="$(id -un)" 2>/dev/null
  if [ ${#slurm_daemons[@]} != 0 ]; then
    kill "${slurm_daemons[@]}" 2>/dev/null
    wait "${slurm_daemons[@]}" 2>/dev/null
  fi
  rm -rf "$slurm_folder"
}

write_slurm_conf() {
  local folder=$1 control first second
  read -r control first second <<<"$(free_ports 3)"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=anneal
SlurmctldHost=$SLURM_NODE(127.0.0.1)
SlurmctldPort=$control
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
MailProg=/bin/true
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,sched_min_interval=0
KillWait=5
SlurmdParameters=config_overrides
NodeName=$SLURM_NODE NodeHostname=$SLURM_NODE NodeAddr=127.0.0.1 Port=$first CPUs=4
NodeName=${SLURM_NODE}2 NodeHostname=$SLURM_NODE NodeAddr=127.0.0.1 Port=$second CPUs=4
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
}

start_slurm() {
  local folder=$slurm_folder node tries
  trap stop_slurm EXIT
  need slurmctld slurm-wlm
  need slurmd slurm-wlm
  need srun slurm-wlm
  mkdir -p "$folder/state" "$folder/$SLURM_NODE" "$folder/${SLURM_NODE}2"
  write_slurm_conf "$folder"
  export SLURM_CONF=$folder/slurm.conf
  trap 'exit 1' TERM INT
  slurmctld -D -i >"$folder/slurmctld.log" 2>&1 &
  slurm_daemons+=($!)
  for node in "$SLURM_NODE" "${SLURM_NODE}2"; do
    slurmd -D -N "$node" >"$folder/$node.log" 2>&1 &
    slurm_daemons+=($!)
  done
  # srun waits for the nodes, but not for the controller.
  for ((tries = 0; tries < 600; ++tries)); do
    if timeout 30 scontrol ping 2>/dev/null | grep -q 'is UP'; then
      timeout 60 srun --nodes 2 true >"$folder/first.log" 2>&1 ||
        slurm_failed "the first job fails"
      return
    fi
    kill -0 "${slurm_daemons[@]}" 2>/dev/null || slurm_failed "a daemon ended"
    read -r -t 0.1 _ <><(:)
  done
  slurm_failed "the controller does not answer"
}
