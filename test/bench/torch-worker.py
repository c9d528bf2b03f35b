"""
The workloads of workloads.ts in PyTorch, spoken to as engine-worker.ts is.
Usage: torch-worker.py WORKLOAD THREADS cpu|cuda [channels-last]
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

workload, threads, device = sys.argv[1], int(sys.argv[2]), sys.argv[3]
channels_last = sys.argv[4:] == ["channels-last"]
torch.set_num_threads(threads)
torch.manual_seed(0)
IMAGES = 512


def lay(value):
    return value.to(memory_format=torch.channels_last) if channels_last else value


def encoder():
    block = lambda i, o, s: [nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*block(1, 32, 1), *block(32, 64, 2), *block(64, 128, 2), *pool)


def simclr():
    return nn.Sequential(encoder(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 128))


def mlp_generator():
    return nn.Sequential(
        *(nn.Linear(16, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU()),
        *(nn.Linear(512, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28))),
    )


def conv_generator():
    return nn.Sequential(
        *(nn.Linear(100, 7 * 7 * 128), nn.ReLU(), nn.Unflatten(1, (128, 7, 7))),
        *(nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid()),
    )


def dcgan():
    up = lambda i, o: [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
    return nn.Sequential(
        *(nn.Unflatten(1, (64, 1, 1)), nn.ConvTranspose2d(64, 256, 4, bias=False), nn.BatchNorm2d(256), nn.ReLU()),
        *up(256, 128),
        *up(128, 64),
        *(nn.ConvTranspose2d(64, 3, 4, 2, 1), nn.Tanh()),
    )


def training(net, images):
    """Images come from the processor's memory each time, as batches do."""
    net = lay(net.to(device))
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    own = torch.eye(IMAGES, device=device) * 1e9
    other = torch.arange(IMAGES, device=device).roll(IMAGES // 2)

    def step():
        z = F.normalize(net(images.to(device)))
        loss = F.cross_entropy(z @ z.t() / 0.5 - own, other)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def evaluation(net, x):
    """Results go to the processor's memory, where they are written from."""
    net = lay(net.to(device)).eval()

    def step():
        with torch.no_grad():
            return net(x.to(device)).cpu().numpy()

    return step


def images():
    return lay(torch.rand(IMAGES, 1, 28, 28))


step = {
    "train-conv": lambda: training(simclr(), images()),
    "train-mlp": lambda: training(mlp(), torch.rand(IMAGES, 784)),
    "features-conv": lambda: evaluation(encoder(), images()),
    "sample-mlp": lambda: evaluation(mlp_generator(), torch.randn(IMAGES, 16)),
    "sample-conv": lambda: evaluation(conv_generator(), torch.randn(IMAGES, 100)),
    "sample-dcgan": lambda: evaluation(dcgan(), torch.randn(IMAGES, 64)),
}[workload]()


def work(milliseconds):
    times = []
    begin = time.perf_counter()
    while not times or (time.perf_counter() - begin) * 1e3 < milliseconds:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return times


work(0)
work(0)
print(json.dumps({"how": "eager", "version": "torch " + torch.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(work(float(line))), flush=True)
