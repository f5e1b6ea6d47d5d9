/** OpenStack Cinder: not written yet. The package holds its name and its place in the release group. */
export {};
