# Checks of the task folder and the layer before they are packed.

locals {
  # Hidden files are not packed (an editor's lock may be a link that leads nowhere); a visible link of
  # that kind makes fileset fail.
  visible_task_files = try(fileset(var.task_code_dir, "**/[^.]*"), null)

  task_files = [for file in coalesce(local.visible_task_files, []) : file
    if !can(regex("${local.leftover}|${local.hidden}", file))
  ]

  dependency_files = try(fileset("${var.layer_dir}/python", "**"), [])

  leftover = "(?:^|/)__pycache__/|\\.pyc$"
  hidden   = "(?:^|/)\\."

  # The hash of each file of a package by its name.
  packaged_files = {
    tasks = { for file in local.task_files : file => try(filesha256("${var.task_code_dir}/${file}"), null) }
    runtime = { for file in fileset("${var.runtime_dir}/python", "**") :
      file => filesha256("${var.runtime_dir}/python/${file}") if !can(regex("${local.leftover}|${local.hidden}", file))
    }
    dependencies = merge(
      { for file in local.dependency_files :
        file => filesha256("${var.layer_dir}/python/${file}") if !can(regex(local.leftover, file))
      },
      { for path in var.layer_zip[*] : "zip" => try(filesha256(path), null) },
    )
  }

  # What `import` finds at the top of a folder: NAME.py, a compiled NAME.so, or the folder NAME.
  module = "^([A-Za-z_][0-9A-Za-z_]*)(?:\\.py|\\.(?:[^/]*\\.)?so|/.*)$"

  # The same without folders that hold no Python, which cannot hide a module of the standard library.
  package = "^([A-Za-z_][0-9A-Za-z_]*)(?:\\.py|\\.(?:[^/]*\\.)?so|/__init__\\.py)$"

  taken_modules = {
    "the runtime"             = toset(flatten([for file in fileset("${var.runtime_dir}/python", "**") : regexall(local.module, file)]))
    "a dependency"            = toset(flatten([for file in local.dependency_files : regexall(local.module, file)]))
    "part of Lambda's Python" = ["awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]
  }

  shadows = concat(
    flatten([for owner, names in local.taken_modules : [
      for name in setintersection(names, flatten([for file in local.task_files : regexall(local.module, file)])) :
      "${name} is ${owner}"
    ]]),
    [for name in setintersection(
      split("\n", trimspace(replace(file("${path.module}/standard-library.txt"), "\r", ""))),
      flatten([for file in local.task_files : regexall(local.package, file)]),
    ) : "${name} is in Python's standard library"],
  )
}
