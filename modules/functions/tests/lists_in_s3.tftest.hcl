mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "lists_in_s3_may_be_read_and_nothing_else_there" {
  command = plan

  variables {
    task_objects = ["s3://lists/daily/a.csv", "s3://lists/b.txt.gz", "s3://others/c.jsonl"]
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement, 3, 5) == [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::lists/daily/a.csv", "arn:aws:s3:::lists/b.txt.gz", "arn:aws:s3:::others/c.jsonl"]
      },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::lists", "arn:aws:s3:::others"] },
    ]
    error_message = "send_task may not read its lists, or may read more"
  }
}

run "a_key_with_a_star_permits_the_object_of_that_name_and_no_other" {
  command = plan

  variables {
    task_objects = ["s3://lists/what?/a*.csv", "s3://lists/$${aws:username}.csv"]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement[3].Resource == [
      "arn:aws:s3:::lists/what$${?}/a$${*}.csv",
      "arn:aws:s3:::lists/$${$}{aws:username}.csv",
    ]
    error_message = "a key is taken for a pattern"
  }
}

run "more_lists_than_a_policy_can_name_are_refused" {
  command = plan

  variables {
    task_objects = [for number in range(200) : "s3://lists/of-a-customer/number-${number}/today.csv"]
  }

  expect_failures = [aws_iam_role_policy.this]
}
