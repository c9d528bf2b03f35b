"""The workloads of workloads.ts in PyTorch, spoken to as engine-worker.ts is. Usage: torch-worker.py WORKLOAD THREADS [LAYOUT]"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

workload, threads = sys.argv[1], int(sys.argv[2])
channels_last = sys.argv[3:] == ["channels-last"]
torch.set_num_threads(threads)
torch.manual_seed(0)
IMAGES = 512


def lay(value):
    return value.to(memory_format=torch.channels_last) if channels_last else value


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        block = lambda i, o, s: [nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.features = nn.Sequential(*block(1, 32, 1), *block(32, 64, 2), *block(64, 128, 2))
        self.head = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


def training(net, images):
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    own = torch.eye(IMAGES) * 1e9
    other = torch.arange(IMAGES).roll(IMAGES // 2)

    def step():
        z = F.normalize(net(images))
        loss = F.cross_entropy(z @ z.t() / 0.5 - own, other)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def sampling():
    net = lay(
        nn.Sequential(
            nn.Linear(100, 7 * 7 * 128),
            nn.ReLU(),
            nn.Unflatten(1, (128, 7, 7)),
            nn.ConvTranspose2d(128, 64, 4, 2, 1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 1, 4, 2, 1),
            nn.Sigmoid(),
        )
    ).eval()
    z = torch.randn(IMAGES, 100)

    def step():
        with torch.no_grad():
            return net(z).numpy()

    return step


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 128))


step = {
    "train-conv": lambda: training(lay(Encoder()), lay(torch.rand(IMAGES, 1, 28, 28))),
    "train-mlp": lambda: training(mlp(), torch.rand(IMAGES, 784)),
    "sample": sampling,
}[workload]()


def steps(count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return times


steps(2)
print(json.dumps({"how": "eager", "version": "torch " + torch.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(steps(int(line))), flush=True)
