variable "folder" {
  description = "Folder on this machine that tasks write their records into."
  type        = string
}
