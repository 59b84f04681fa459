"""Real incidents of other billing systems, each as tests that a planted bug turns red."""
