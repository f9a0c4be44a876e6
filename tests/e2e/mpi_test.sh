#!/usr/bin/env bash
# --launcher mpi under the mpirun of OpenMPI and of MPICH.
source tests/e2e/lib.sh
source tests/e2e/launchers.sh

need mpirun.openmpi openmpi-bin
need mpirun.mpich mpich
# Ranks of a container's root, more than it has cores, on a machine that may
# have no network.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
openmpi=(mpirun.openmpi --oversubscribe --bind-to none
  --mca orte_tmpdir_base /tmp)
mpich=(mpirun.mpich)

for ranks in 2 3; do
  expect "openmpi, $ranks ranks" 0 "" \
    "${openmpi[@]}" -np "$ranks" "$PRINT_RANKS" mpi
  expect_ranks "openmpi, $ranks ranks" "$ranks" \
    "local . of $ranks, at 127.0.0.1:29500, run mpi.*, inferred mpi"
  [ "$(sed 's/.*, run //' "$OUT" | sort -u | wc -l)" = 1 ] ||
    fail "openmpi, $ranks ranks: they name their run differently"
  expect "mpich, $ranks ranks" 0 "" \
    "${mpich[@]}" -np "$ranks" "$PRINT_RANKS" mpi
  expect_ranks "mpich, $ranks ranks" "$ranks" \
    "local . of $ranks, at 127.0.0.1:29500, run , inferred mpi"
done

expect "openmpi with a master" 0 "at here:1234" \
  "${openmpi[@]}" -np 2 -x MASTER_ADDR=here -x MASTER_PORT=1234 \
  "$PRINT_RANKS" mpi
expect "mpich with a master" 0 "at here:1234" \
  "${mpich[@]}" -np 2 -genv MASTER_ADDR here -genv MASTER_PORT 1234 \
  "$PRINT_RANKS" mpi
expect "no mpirun" 2 "OMPI_COMM_WORLD_SIZE is not set; mpirun sets it" \
  "$PRINT_RANKS" mpi

port=$(free_ports 1)
expect_trains "openmpi trains" 2 \
  "${openmpi[@]}" -np 2 -x MASTER_PORT="$port" "$TRAIN" "${SHORT_RUN[@]}" \
  --launcher mpi --work-dir "$TEST_TMPDIR/openmpi"
port=$(free_ports 1)
expect_trains "mpich trains" 2 \
  "${mpich[@]}" -np 2 -genv MASTER_PORT "$port" "$TRAIN" "${SHORT_RUN[@]}" \
  --launcher mpi --work-dir "$TEST_TMPDIR/mpich"

finish
