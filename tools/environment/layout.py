# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Where things lie in the environment folder, and the variables that make them found."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import sys

# What an earlier `source setup.bash` leaves behind; none of it may leak into a private build.
ROS_VARIABLES = (
    'AMENT_CURRENT_PREFIX', 'AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'COLCON_CURRENT_PREFIX',
    'COLCON_PREFIX_PATH', 'LD_LIBRARY_PATH', 'PKG_CONFIG_PATH', 'PYTHONHOME', 'PYTHONPATH',
    'RMW_IMPLEMENTATION', 'ROS_DISTRO', 'ROS_PYTHON_VERSION', 'ROS_VERSION',
)


@dataclass(frozen=True)
class Layout:
    """The folders of one environment; `sourced` is the ROS 2 it stands on, None for wheels."""

    root: Path
    env: Path
    sourced: str | None

    @property
    def venv(self) -> Path:
        """Return the virtual environment, which is the ROS prefix too when ROS is wheels."""
        return self.env / 'venv'

    @property
    def python(self) -> Path:
        """Return the interpreter that everything runs on."""
        return self.venv / 'bin' / 'python'

    @property
    def site(self) -> Path:
        """Return the environment's own site-packages."""
        version = f'python{sys.version_info.major}.{sys.version_info.minor}'
        return self.venv / 'lib' / version / 'site-packages'

    @property
    def ros_python(self) -> Path:
        """Return the folder of the ROS Python parts that came out of one large wheel."""
        return self.env / 'ros_python'

    @property
    def underlay(self) -> Path:
        """Return the install prefix of the interfaces that no wheel carries."""
        return self.env / 'underlay'

    @property
    def install(self) -> Path:
        """Return colcon's install prefix of this package."""
        return self.env / 'install'

    @property
    def build(self) -> Path:
        """Return colcon's build folder."""
        return self.env / 'build'

    @property
    def log(self) -> Path:
        """Return the folder of the detailed logs."""
        return self.env / 'log'

    @property
    def locks(self) -> Path:
        """Return the folder of the lock files."""
        return self.root / 'tools' / 'locks'

    def library_path(self) -> str:
        """Return LD_LIBRARY_PATH for the ROS wheels."""
        folders = [self.venv / 'lib', *sorted(self.site.glob('ros_*.libs'))]
        return os.pathsep.join(str(folder) for folder in folders)

    def ros_variables(self) -> dict[str, str]:
        """Return what has to be set for ROS from wheels to be found; empty when sourced."""
        if self.sourced:
            return {}
        return {
            'AMENT_PREFIX_PATH': str(self.venv),
            'CMAKE_PREFIX_PATH': str(self.venv),
            'LD_LIBRARY_PATH': self.library_path(),
            'ROS_DISTRO': 'jazzy',
            'ROS_PYTHON_VERSION': '3',
            'ROS_VERSION': '2',
            # The wheels re-exec Python at its start unless this says the paths are set.
            '_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1',
        }

    def variables(self) -> dict[str, str]:
        """Return the environment variables for a command of the set-up."""
        variables = dict(os.environ)
        if not self.sourced:
            for name in ROS_VARIABLES:
                variables.pop(name, None)
        variables.update(self.ros_variables())
        variables['VIRTUAL_ENV'] = str(self.venv)
        variables['PATH'] = os.pathsep.join([str(self.venv / 'bin'), os.environ.get('PATH', '')])
        return variables
