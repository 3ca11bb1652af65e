"""The register as one key in etcd, asked by a child of the controller.  docs/pair_register.md."""
