# A layer's manifest, which its builder leaves in it: what it was built for, the packages in it, and its bytes.
# Lambda takes any layer, and a wrong one fails only when a run imports from it.

locals {
  # A zip file cannot be read here: its manifest lies beside it.
  manifest_path = (
    var.layer_dir != null ? "${var.layer_dir}/python/task_scheduler_layer.json" :
    var.layer_zip != null ? "${trimsuffix(var.layer_zip, ".zip")}.json" : null
  )
  layer    = coalesce(var.layer_dir, var.layer_zip, " ")
  manifest = try(jsondecode(file(local.manifest_path)), null)

  # A layer for this machine alone, of the local run, is for no Lambda.
  built_for = {
    runtime      = try(coalesce(local.manifest.runtime), var.runtime)
    architecture = try(coalesce(local.manifest.architecture), var.architecture)
  }

  # The packages of the runtime by name: those that are for every platform.
  runtime_packages = { for package in regexall("(?m)^([0-9a-z-]+)==([^ ]+) \\\\\\r?$", file(var.runtime_lock)) : package[0] => package[1] }

  # Those that a layer has, with versions.
  layer_packages   = try(tomap(local.manifest.packages), {})
  missing_packages = [for name, version in local.runtime_packages : name if !contains(keys(local.layer_packages), name)]
  other_versions = [for name, version in local.runtime_packages :
    "${name} ${local.layer_packages[name]} instead of ${version}" if coalesce(try(local.layer_packages[name], null), version) != version
  ]

  layer_problems = local.manifest == null ? [] : compact([
    local.built_for.architecture == var.architecture ? "" : "it was built for ${local.built_for.architecture}, but architecture is \"${var.architecture}\"",
    local.built_for.runtime == var.runtime ? "" : "it was built for ${local.built_for.runtime}, but runtime is \"${var.runtime}\"",
    length(local.missing_packages) == 0 ? "" : "it lacks packages that the runtime needs: ${join(", ", local.missing_packages)}",
  ])

  layer_is_there = length(local.dependency_files) > 0 || try(fileexists(var.layer_zip), false)
  layer_warnings = !local.layer_is_there ? [] : compact([
    local.manifest != null ? "" : "it has no manifest (${local.manifest_path}), so nothing says whether it fits ${var.runtime} on ${var.architecture}",
    local.manifest == null || length(local.other_versions) == 0 ? "" : "it was built for another version of this module: ${join(", ", local.other_versions)}",
  ])

  build_the_layer = join(" ", [
    "Build it with", "make package-layer RUNTIME=${var.runtime} ARCHITECTURE=${var.architecture}${var.layer_dir == null ? "" : " OUT='${var.layer_dir}'"},",
    "or with", "taskctl package --runtime ${var.runtime} --architecture ${var.architecture}${var.layer_dir == null ? "" : " --out '${var.layer_dir}'"}.",
  ])
}

check "layer" {
  assert {
    condition     = length(local.layer_warnings) == 0
    error_message = join("\n  ", concat(["The layer ${local.layer}:"], local.layer_warnings, [local.build_the_layer]))
  }
}
