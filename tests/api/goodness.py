"""goodness.py -- do draws fit a law? Pearson's chi-square, without a statistics package."""
import math

LEAST = 25  # draws that a bin is expected to hold; smaller ones are joined


def upper_gamma(a, x):
    """Q(a, x), the regularized upper incomplete gamma function (DLMF 8.7.1 and 8.9.2)."""
    scale = math.exp(a * math.log(x) - x - math.lgamma(a)) if x > 0 else 0.0
    if x <= 0:
        return 1.0
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > 1e-16 * abs(total):
            n += 1
            term *= x / n
            total += term
        return 1 - scale * total
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    value = d
    for i in range(1, 100000):
        step = -i * (i - a)
        b += 2
        d = 1 / (step * d + b or tiny)
        c = b + step / c or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return scale * value


def joined(seen, law):
    """(seen, expected) bins of enough weight: neighbours in order of their value."""
    n = sum(seen.values())
    out, held, wanted = [], 0, 0.0
    for value in sorted(law):
        held += seen.get(value, 0)
        wanted += n * law[value]
        if wanted >= LEAST:
            out.append((held, wanted))
            held, wanted = 0, 0.0
    rest = n - sum(h for h, _ in out)
    if out and (rest or wanted):
        last = out.pop()
        out.append((last[0] + rest, n - sum(w for _, w in out)))
    return out


def p_value(seen, law):
    """Of draws counted by value, against the probability of each value. What law leaves
    out is joined to its greatest values."""
    bins = joined(seen, law)
    statistic = sum((held - wanted) ** 2 / wanted for held, wanted in bins)
    return upper_gamma((len(bins) - 1) / 2, statistic / 2)


def normalized(weights):
    total = math.fsum(weights.values())
    return {value: weight / total for value, weight in weights.items()}


def discrete_laplace(scale):
    reach = int(40 * scale) + 1
    return normalized({z: math.exp(-abs(z) / scale) for z in range(-reach, reach + 1)})


def discrete_gaussian(sigma):
    reach = int(12 * sigma) + 1
    return normalized({z: math.exp(-z * z / (2 * sigma * sigma))
                       for z in range(-reach, reach + 1)})


def above(law, truth, threshold):
    """What is told of a key: its noisy value where that is above the threshold, or None
    (here -1)."""
    out = {truth + z: p for z, p in law.items() if truth + z > threshold}
    out[-1] = 1 - math.fsum(out.values())
    return out


def softmax(scores, scale):
    """The exponential mechanism's choice."""
    best = max(scores)
    return normalized({i: math.exp((s - best) / scale) for i, s in enumerate(scores)})


def permute_and_flip(scores, scale):
    """Of n candidates in random order, the first whose coin of exp((s - best) / scale)
    falls; the best one's always does. Sums over the sets that were asked before."""
    best, n = max(scores), len(scores)
    coins = [math.exp((s - best) / scale) for s in scores]
    law = {}
    for i in range(n):
        others = [1 - c for k, c in enumerate(coins) if k != i]
        sums = [1.0] + [0.0] * len(others)  # elementary symmetric polynomials
        for miss in others:
            for size in range(len(others), 0, -1):
                sums[size] += sums[size - 1] * miss
        law[i] = coins[i] * math.fsum(
            sums[size] * math.factorial(size) * math.factorial(n - 1 - size)
            for size in range(n)) / math.factorial(n)
    return law
