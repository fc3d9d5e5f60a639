# bench_noise.py -- the same draws in straightforward Python with fractions.
# Canonne, Kamath, Steinke 2020, Algorithms 1-3, as one would write them from the paper.
import random
import time
from fractions import Fraction

rng = random.SystemRandom()


def bernoulli(p):
    return rng.randrange(p.denominator) < p.numerator


def bernoulli_exp(x):
    while x > 1:
        if not bernoulli_exp(Fraction(1)):
            return False
        x -= 1
    k = 1
    while bernoulli(x / k):
        k += 1
    return k % 2 == 1


def discrete_laplace(scale):
    s, t = scale.denominator, scale.numerator
    while True:
        u = rng.randrange(t)
        if not bernoulli_exp(Fraction(u, t)):
            continue
        v = 0
        while bernoulli_exp(Fraction(1)):
            v += 1
        y = (u + t * v) // s
        if rng.randrange(2) == 0:
            return y
        if y != 0:
            return -y


def discrete_gaussian(sigma2):
    t = int(sigma2 ** 0.5) + 1
    while True:
        y = discrete_laplace(Fraction(t))
        if bernoulli_exp((abs(y) - sigma2 / t) ** 2 / (2 * sigma2)):
            return y


def show(name, draw, n=20000):
    start = time.monotonic()
    for _ in range(n):
        draw()
    rate = n / (time.monotonic() - start) / 1e6
    print(f"Python, fractions  {name:<24} {rate:8.4f} M draws/s")


show("Laplace, scale 10", lambda: discrete_laplace(Fraction(10)))
show("Gaussian, rho 0.005", lambda: discrete_gaussian(Fraction(100)))
