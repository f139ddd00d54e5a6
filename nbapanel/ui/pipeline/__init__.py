"""The pipeline on the screen: lanes of cards, a rerun of any of them, and what would happen."""

from nbapanel.ui.pipeline.plan_dialog import PlanDialog
from nbapanel.ui.pipeline.rerun_dialog import RerunDefaults, RerunDialog
from nbapanel.ui.pipeline.slices import Mode, wanted_at_once
from nbapanel.ui.pipeline.view import PipelineView

__all__ = [
    "Mode",
    "PipelineView",
    "PlanDialog",
    "RerunDefaults",
    "RerunDialog",
    "wanted_at_once",
]
