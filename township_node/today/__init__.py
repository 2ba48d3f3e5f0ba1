"""今天: what the village agent has to do, the next step of each as a button."""
