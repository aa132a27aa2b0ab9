mock_provider "aws" {
  source = "../../tests/module/mocks"
}

override_resource {
  target = aws_lambda_layer_version.runtime
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1" }
}

override_resource {
  target = aws_lambda_layer_version.dependencies
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1" }
}

run "the_functions_share_code_and_layers" {
  command = apply

  assert {
    condition = alltrue([for function in aws_lambda_function.this :
      function.layers == tolist([
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1",
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1",
      ]) &&
      function.source_code_hash == data.archive_file.tasks.output_base64sha256 &&
      function.tags == tomap({ team = "data" })
    ])
    error_message = "a function lacks a layer, the tasks' code or its tags"
  }

  assert {
    condition = [for layer in [aws_lambda_layer_version.runtime, aws_lambda_layer_version.dependencies[0]] : [
      layer.layer_name, one(layer.compatible_runtimes), one(layer.compatible_architectures),
      ]] == [
      ["nightly-runtime", "python3.12", "x86_64"],
      ["nightly-dependencies", "python3.12", "x86_64"],
    ]
    error_message = "a layer is not for the functions' runtime and architecture"
  }

  assert {
    condition = [for archive in [data.archive_file.tasks, data.archive_file.runtime, data.archive_file.dependencies[0]] :
      [replace(basename(archive.output_path), "/-[0-9a-f]{16}\\.zip$/", ""), archive.output_file_mode]
      ] == [
      ["nightly-tasks", "0755"],
      ["nightly-runtime", "0755"],
      ["nightly-dependencies", "0755"],
    ]
    error_message = "an archive has no name of its own, or keeps the modes of the machine that made it"
  }
}

run "a_folder_without_files_is_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/missing"
  }

  expect_failures = [data.archive_file.tasks]
}

run "a_folder_that_cannot_be_read_is_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/[" # to Terraform a pattern, and a broken one
  }

  expect_failures = [data.archive_file.tasks]
}

run "modules_that_hide_others_are_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/dependencies/python"
  }

  expect_failures = [data.archive_file.tasks]
}

run "a_layer_that_is_not_built_is_refused" {
  command = plan

  variables {
    layer_dir = "../../tests/module/code/tasks"
  }

  expect_failures = [data.archive_file.dependencies]
}

run "layers_of_ones_own_come_after_those_made_here" {
  command = apply

  variables {
    workers = { default = merge(var.workers.default, { layers = ["arn:aws:lambda:eu-west-1:123456789012:layer:pandas:7"] }) }
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.this : function.layers == tolist([
      "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1",
      "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1",
      "arn:aws:lambda:eu-west-1:123456789012:layer:pandas:7",
    ])])
    error_message = "a layer of one's own is missing, or hides the module's"
  }
}

run "without_a_folder_no_layer_of_dependencies_is_made" {
  command = apply

  variables {
    layer_dir = null
    workers   = { default = merge(var.workers.default, { layers = ["arn:aws:lambda:eu-west-1:123456789012:layer:everything:7"] }) }
  }

  assert {
    condition     = length(aws_lambda_layer_version.dependencies) == 0 && alltrue([for function in aws_lambda_function.this : length(function.layers) == 2])
    error_message = "a layer is made that nobody asked for, or one's own is missing"
  }
}

run "a_zip_file_takes_the_place_of_the_folder" {
  command = plan

  variables {
    layer_dir = null
    layer_zip = "../../tests/module/code/tasks/chores.txt" # Lambda reads it, not Terraform
  }

  expect_failures = [check.layer] # there is no manifest beside it

  assert {
    condition = (
      aws_lambda_layer_version.dependencies[0].filename == "../../tests/module/code/tasks/chores.txt" &&
      aws_lambda_layer_version.dependencies[0].source_code_hash == filebase64sha256("../../tests/module/code/tasks/chores.txt")
    )
    error_message = "the layer is not made from the zip file"
  }
}

run "packages_go_through_a_bucket_where_one_is_named" {
  command = plan

  variables {
    package_bucket = "our-packages"
  }

  assert {
    condition = { for name, package in aws_s3_object.packages : name => [package.bucket, replace(package.key, "/[0-9a-f]{16}/", "HASH"), package.source] } == {
      tasks        = ["our-packages", "nightly/tasks-HASH.zip", data.archive_file.tasks.output_path]
      runtime      = ["our-packages", "nightly/runtime-HASH.zip", data.archive_file.runtime.output_path]
      dependencies = ["our-packages", "nightly/dependencies-HASH.zip", data.archive_file.dependencies[0].output_path]
    }
    error_message = "a package is not put into the bucket"
  }

  assert {
    condition = alltrue([for taker in aws_lambda_function.this :
      taker.filename == null && taker.s3_bucket == "our-packages" && taker.s3_key == aws_s3_object.packages["tasks"].key
    ])
    error_message = "a function does not take its code from the bucket"
  }

  assert {
    condition = alltrue([for name, layer in { runtime = aws_lambda_layer_version.runtime, dependencies = aws_lambda_layer_version.dependencies[0] } :
      layer.filename == null && layer.s3_bucket == "our-packages" && layer.s3_key == aws_s3_object.packages[name].key
    ])
    error_message = "a layer is not taken from the bucket"
  }
}
