mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_roles_lie_where_the_organisation_wants_them" {
  command = plan

  variables {
    roles = { names = { send_task = "nightly-eu-west-1-send-task", run_task = "nightly-eu-west-1-run-task", keep_runs = "nightly-eu-west-1-keep-runs" }, path = "/jobs/", permissions_boundary = "arn:aws:iam::123456789012:policy/bound" }
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : [role.path, role.permissions_boundary] == ["/jobs/", "arn:aws:iam::123456789012:policy/bound"]])
    error_message = "a role lacks its path or its boundary"
  }
}
