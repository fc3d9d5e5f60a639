/* kernel_build.h -- how kernels are compiled: vectorised at every level of optimisation
 * of the rest, for the machine's wide registers where it has them. */
#ifndef SANDBOX_TABLE_KERNEL_BUILD_H
#define SANDBOX_TABLE_KERNEL_BUILD_H

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define KERNEL \
    __attribute__((optimize("O3"), target_clones("arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif

/* A part of kernels: compiled as the kernel that it is in. */
#define KERNEL_PART static inline __attribute__((always_inline))

#endif
