# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
# Every target sets up by itself what it needs; what is done already is not done again.

.DEFAULT_GOAL := help
.PHONY: help demo test lint build shell clean
MAKEFLAGS += --no-print-directory
# Two at a time, the tests of a file together: they share models and servers. In their own order:
# what waits most comes first (test/conftest.py).
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder

help:
	@echo 'make demo    play the drive of the demo and ask five questions about it'
	@echo 'make test    run the linters and all tests (PYTEST_ARGS="-k name" runs some of them)'
	@echo 'make lint    run the linters alone'
	@echo 'make build   set up the environment and build the package'
	@echo 'make shell   open a shell with ROS 2 and the package in it'
	@echo 'make clean   remove the environment and all that was built'

demo: build
	@echo 'demo: ros2 launch mpnp_ros demo.launch.py'
	@tools/shell ros2 launch mpnp_ros demo.launch.py

test:
	@tools/setup --tests
	@tools/shell tools/lint
	@echo 'tests: pytest'
	@tools/shell pytest $(PYTEST_ARGS)

lint:
	@tools/setup --no-weights
	@tools/shell tools/lint

build:
	@tools/setup

shell: build
	@tools/shell

clean:
	@tools/setup --clean
