mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "traces_are_written_only_when_they_are_wanted" {
  command = plan

  variables {
    tracing = true
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.tracing_config).mode == "Active"])
    error_message = "a function is not traced"
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.this :
      contains(flatten(jsondecode(policy.policy).Statement[*].Action), "xray:PutTraceSegments")
    ])
    error_message = "a role may not write traces"
  }
}

run "without_tracing_its_mode_is_taken_back" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.tracing_config).mode == "PassThrough"])
    error_message = "a function would go on tracing after the switch is off"
  }

  assert {
    condition     = !anytrue([for policy in aws_iam_role_policy.this : strcontains(policy.policy, "xray:")])
    error_message = "a role may write traces that nobody wants"
  }
}
