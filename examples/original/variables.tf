variable "layer_dir" {
  description = "Folder of the built dependencies; null takes the module's own layer/."
  type        = string
  default     = null
}
