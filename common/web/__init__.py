"""The pages and the API that both programs share: the app, its rights, its look and its parts."""
