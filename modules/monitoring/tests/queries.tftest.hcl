mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "queries_are_saved_under_the_prefix" {
  command = plan

  variables {
    queries = true
  }

  assert {
    condition     = keys(aws_cloudwatch_query_definition.this) == ["runs", "slowest tasks", "tasks by schedule and outcome", "tasks that failed"]
    error_message = "a saved query is missing"
  }

  assert {
    condition = { for key, query in aws_cloudwatch_query_definition.this : query.name => query.log_group_names } == {
      "nightly/runs"                          = tolist(["/aws/lambda/nightly-send-task"])
      "nightly/slowest tasks"                 = tolist(["/aws/lambda/nightly-run-task"])
      "nightly/tasks by schedule and outcome" = tolist(["/aws/lambda/nightly-run-task"])
      "nightly/tasks that failed"             = tolist(["/aws/lambda/nightly-run-task"])
    }
    error_message = "a query has another name, or asks another log"
  }
}

run "none_is_saved_that_nobody_asked_for" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 0
    error_message = "a query is saved that nobody asked for"
  }
}
