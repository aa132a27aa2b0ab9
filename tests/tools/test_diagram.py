"""The picture of the resources says what Terraform's graph says."""

from __future__ import annotations

from tools import diagram

GRAPH = """\
digraph G {
  "data.aws_partition.current" [label="data.aws_partition.current"];
  subgraph "cluster_module.queue" {
    "module.queue.aws_sqs_queue.tasks" [label="aws_sqs_queue.tasks"];
    "module.queue.data.aws_partition.current" [label="data.aws_partition.current"];
  }
  subgraph "cluster_module.functions" {
    "module.functions.data.archive_file.tasks" [label="data.archive_file.tasks"];
    "module.functions.aws_lambda_function.this" [label="aws_lambda_function.this"];
  }
  "module.functions.aws_lambda_function.this" -> "module.functions.data.archive_file.tasks";
  "module.functions.aws_lambda_function.this" -> "module.queue.aws_sqs_queue.tasks";
  "module.queue.aws_sqs_queue.tasks" -> "module.queue.data.aws_partition.current";
}
"""


def test_it_has_each_resource_in_its_module_and_what_waits_for_what() -> None:
    assert diagram.flowchart(GRAPH) == (
        """\
flowchart LR
    subgraph functions
        functions_aws_lambda_function_this["aws_lambda_function.this"]
        functions_data_archive_file_tasks["archive_file.tasks"]
    end
    subgraph queue
        queue_aws_sqs_queue_tasks["aws_sqs_queue.tasks"]
    end
    functions_data_archive_file_tasks --> functions_aws_lambda_function_this
    queue_aws_sqs_queue_tasks --> functions_aws_lambda_function_this"""
    )
