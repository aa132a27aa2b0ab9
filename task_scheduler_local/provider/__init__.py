"""Stand-ins for the Terraform providers hashicorp/aws and hashicorp/archive, to work offline.

Not the real providers: Python programs that speak Terraform's plugin protocol and know only the
resource types that this project uses, and a few that stand beside it in roots of its users (an
object, a parameter, a topic's policy), from facts about the real ones. The AWS one accepts, refuses
and plans what the real one does in 6.34, except that it refuses arguments from which nothing comes
here. It talks to an emulator on this machine and to nothing else. They call themselves
6.34.0+standin and 2.7.1+standin.

`install` makes Terraform find them. By hand, with the extra `local` installed:

    python -c 'from pathlib import Path; import sys
    from task_scheduler_local.provider import install
    install(Path("/tmp/mirror"), Path(sys.executable))'
    cat > /tmp/terraformrc <<END
    provider_installation {
      filesystem_mirror {
        path    = "/tmp/mirror"
        include = ["registry.terraform.io/hashicorp/*"]
      }
    }
    END
    export TF_CLI_CONFIG_FILE=/tmp/terraformrc TF_DISABLE_PLUGIN_TLS=1 CHECKPOINT_DISABLE=1
    export AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:4566
    terraform init && terraform plan

The plugins speak through a socket in a folder of the user's own, without TLS, hence
TF_DISABLE_PLUGIN_TLS. Leave neither the lock file nor the state where the real providers are used.

`attach` spares the many starts of plugins where one program runs many Terraform commands.

A new type of resource is a file with its schema facts in aws/facts/ and a class in aws/ that maps
its attributes to calls of AWS.
"""

from .mirror import install as install
