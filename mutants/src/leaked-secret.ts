/** What mutants that leak a secret show; the runs are told that it is one. */
export const leakedSecret = "correct-horse-battery-staple";
