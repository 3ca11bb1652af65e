"""What `mc_ctl status` says, made of what both controllers say of themselves."""
