"""The wire between a worker and a scheduler: `Shared/Protos/README.md` of task-scheduler is its specification."""
