# `make` alone lists the targets.  Each target makes .venv first where it is missing.

VENV   = .venv
PY     = $(VENV)/bin/python
PREFIX = /opt/pgx_pclrsc
# Tests that wait run beside each other; those that measure time run alone, afterwards.
JOBS   = 6
PAIRS  = 2
STUCK  = -o faulthandler_timeout=600  # seconds, of a test that not even its own limit ends
TESTS  =
CHAOS  =
DOWNGRADE =
MACHINE =
MUTANTS =
MODEL   =
PACKAGE =
PEERS   =
BENCH   =
REPLAY = tests/fake_rms fixtures/transitions
# pytest rewrites the asserts of each file, in each worker, unless it may keep what it wrote.
unexport PYTHONDONTWRITEBYTECODE
# Where the OS user of an instance can read what it runs: see the top of the file.
OPEN   = $(PY) -m tools.run_open

.PHONY: help setup commands demo demo-mirror test pair-long docs-test replay chaos chaos-mirror chaos-bed model model-walk mutants lint \
    types layers bench bench-mirror check install uninstall bundle deb rpm lock packages clean format

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | \
	    while IFS='|' read -r left right; do printf '%-24s%s\n' "$$left" "$$right"; done

setup: $(VENV)/.ready commands  ## make .venv with all that the other targets need

$(VENV)/.ready: pyproject.toml tools/setup.sh tools/pick-python.sh tools/interpreter.py
	@tools/setup.sh $(VENV)
	@touch $@

commands: $(VENV)/.ready
	@umask 022 && $(PY) tools/commands.py --venv $(VENV) --bin $(VENV)/bin --pth \
	    --path agent --path base --path mirror --path pclrsc --path postgres --path wizard --checkout .

demo: setup  ## an instance, two nodes, a failure and a switch, on a timeline
	@$(OPEN) $(PY) -m fixtures.demo

demo-mirror: setup  ## a pair that fails over, is rebuilt, switched, frozen and thawed
	@$(OPEN) $(PY) -m fixtures.pair_demo

test: setup  ## every test, against every PostgreSQL that is found (TESTS=path to choose)
	@$(OPEN) sh -c '$(PY) -m pytest $(STUCK) -m "alone and not long and not packages and not pacemaker" $(TESTS); alone=$$?; \
	    $(PY) -m pytest $(STUCK) -m "not alone and not long and not packages and not pacemaker" -n $(JOBS) --dist worksteal $(TESTS); rest=$$?; \
	    if [ $$alone = 5 ]; then alone=0; elif [ $$rest = 5 ]; then rest=0; fi; \
	    exit $$((alone | rest))'  # 5: none was chosen

pair-long: setup  ## bad times on real pairs that take long: kills at each durable call, disks, networks, load
	@$(OPEN) $(PY) -m pytest -m long -n $(PAIRS) --dist loadfile tests/mirror

.PHONY: backup-test backup-long
BACKUP = all_stopped backup_page barman dmpall_signalled pgbackrest rcvall_signalled
backup-test: setup  ## real pairs: all servers stopped (as root), docs/backup.md as typed, pgBackRest, Barman, signals
	@$(OPEN) $(PY) -m pytest -m long -n $(PAIRS) --dist loadfile $(BACKUP:%=tests/backup/test_%.py)

backup-long: setup  ## the same, and backup and recovery struck at each durable call, on full and failing disks
	@$(OPEN) $(PY) -m pytest -m long -n $(PAIRS) --dist loadfile tests/backup

docs-test: setup  ## what the documents have an administrator type, on the bed as root
	@$(OPEN) $(PY) -m pytest -m long -n $(PAIRS) tests/pages

replay: setup  ## the fake RMS: its tests, and every transition
	@$(OPEN) $(PY) -m pytest -n $(JOBS) --dist worksteal $(REPLAY)

.PHONY: incidents growth
incidents: setup  ## transitions on the bed, as root: fake-rms from-trace makes of their logs what replays them
	@$(OPEN) $(PY) -m pytest -m long -n $(PAIRS) --dist worksteal tests/fake_rms

growth: setup  ## 10,000 Checks and 200 times Online and Offline: nothing in the work directory grows
	@$(OPEN) $(PY) -m pytest -m long tests/postgres/test_log_growth.py

chaos: setup  ## random transitions and faults on the bed (CHAOS="--seed N --transitions N --jobs N")
	@$(OPEN) $(PY) -m fixtures.chaos $(CHAOS)

chaos-mirror: setup  ## random faults on a pair (CHAOS="--seed N --faults N --jobs N")
	@$(OPEN) $(PY) -m fixtures.pair_chaos $(CHAOS)

chaos-bed: setup  ## the same on the bed, as root: networks, hosts, disks (CHAOS="--policy P --campaign FILE")
	@$(OPEN) $(PY) -m fixtures.pair_chaos --bed $(CHAOS)

model: setup  ## the pair's protocol, every interleaving (MODEL="NAME...", "-v NAME" or "--long")
	@$(PY) tests/mirror/model.py --jobs $$(nproc) $(MODEL)

model-walk: setup  ## two cores walk through that model, further than in make test (WALK="--seeds N --turns N")
	@$(PY) -m tests.mirror.walks $(WALK)

mutants: setup  ## deliberate bugs in a copy: does each suite catch what it is for (MUTANTS="NAME...")
	@$(PY) -m tests.mutants $(MUTANTS)

.PHONY: man
man: $(VENV)/.ready  ## man pages and bash's completion, into build/man and build/completion
	@$(PY) -m tools.man

lint: setup  ## ruff and codespell
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m codespell_lib

types: setup  ## mypy, tests too
	@$(PY) -m mypy

layers: setup  ## import-linter: which way imports point
	@$(PY) $(VENV)/bin/lint-imports --no-logo 2>&1

bench: setup  ## how fast, each row a ratio in the same run
	@$(OPEN) $(PY) -m fixtures.bench

.PHONY: bench-pacemaker
bench-pacemaker: setup  ## as root: failover and move under Pacemaker, beside heartbeat/pgsql
	@$(OPEN) $(PY) -m fixtures.bench ocf pacemaker

bench-mirror: setup  ## how fast a pair is, beside bare replication; PEERS=1: and Patroni, pg_auto_failover
	@$(OPEN) $(PY) -m fixtures.pair_bench $(if $(PEERS),--peers) $(BENCH)

check: lint types layers test  ## what CI runs

install:  ## install into PREFIX (/opt/pgx_pclrsc); DOWNGRADE=1: over a newer version too
	@tools/install.sh "$(PREFIX)" $(if $(DOWNGRADE),--downgrade)

uninstall:  ## remove what is installed in PREFIX, but no registry
	@python=$$(tools/pick-python.sh --for-bundle) && \
	    "$$python" -I -B tools/install.py --uninstall "$(PREFIX)"

bundle: setup  ## one archive in dist/ that installs without a network (MACHINE=aarch64)
	@$(PY) -m tools.bundle $(if $(MACHINE),--machine $(MACHINE))

deb: setup  ## a package for Debian in dist/, for the interpreter of .venv (PACKAGE="--revision N")
	@$(PY) -m tools.packaging --deb $(PACKAGE)

rpm: setup  ## the same for RPM
	@$(PY) -m tools.packaging --rpm $(PACKAGE)

lock: setup  ## requirements.lock anew: the versions and checksums of what is installed
	@$(PY) -m tools.bundle.lock

.PHONY: demo-pacemaker pacemaker
demo-pacemaker: setup  ## as root: an instance under Pacemaker: a failure, a move, a panic, on a timeline
	@$(OPEN) $(PY) -m fixtures.pacemaker.demo

pacemaker: setup  ## as root: real corosync and Pacemaker on the bed, and what they have the agent do
	@$(OPEN) $(PY) -m pytest $(STUCK) -m pacemaker -n $(PAIRS) --dist worksteal $(or $(TESTS),tests/pacemaker)

.PHONY: chaos-pacemaker
chaos-pacemaker: setup  ## as root: random faults and moves under Pacemaker (CHAOS="--seed N --faults N --jobs N")
	@$(OPEN) $(PY) -m fixtures.pacemaker.chaos $(CHAOS)

packages: setup  ## as root: bundle and packages, installed into empty roots without a network
	@$(PY) -m pytest -m packages -n $(PAIRS) --dist loadgroup $(or $(TESTS),tests/packages)

format: setup  ## let ruff write the code's layout
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

clean:  ## remove what was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache .coverage
	find base postgres pclrsc mirror agent wizard fixtures tests tools -name __pycache__ -prune -exec rm -rf {} +
