"""The command line: files of votes in, a leaderboard out. Needs the extra `cli`."""
